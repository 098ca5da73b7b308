#!/bin/sh
# Prints how many lines a file has.
lines=0
while read -r _; do
  if [ "$lines" -gt 0 ]; then
    lines=$((lines + 1))
  fi
done < "$1"
echo "$lines"
