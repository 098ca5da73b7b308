#!/bin/sh
# Says whether a number is within 1 and 10.
if [ "$1" -gt 1 ] && [ "$1" -lt 10 ]; then
  echo inside
else
  echo outside
fi
