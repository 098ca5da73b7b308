"""The next card of a plan, beside other task tools with plans of as many cards. What is not on the PATH is skipped by
name: `task-master` (npm task-master-ai) and `backlog` (npm backlog.md)."""

import json
import os
import shutil
import statistics
import sys

import size
from bench import in_turn, peak_mib, repository, sh, timed, write


def ours(binary, path, cards):
    write(f"{path}/.git/plan.json", json.dumps([size.card(number) for number in range(1, cards + 1)]))
    sh(binary, "plan", "import", "--commit", f"{path}/.git/plan.json", cwd=path)
    return [binary, "next", "--peek"]


def task_master(path, cards):
    tasks = [
        {
            "id": number,
            "title": f"Card {number}",
            "description": "Write the file.",
            "status": "pending",
            "priority": "medium",
            "dependencies": [number - 1] if number % 10 != 1 else [],
            "details": "Say in it what it is for, in one line.",
            "testStrategy": "true",
            "subtasks": [],
        }
        for number in range(1, cards + 1)
    ]
    write(f"{path}/.taskmaster/tasks/tasks.json", json.dumps({"master": {"tasks": tasks, "metadata": {}}}))
    write(f"{path}/.taskmaster/config.json", "{}\n")
    return ["task-master", "next"]


def backlog(path, cards):
    write(f"{path}/backlog/config.yml", "project_name: bench\nstatuses: [To Do, In Progress, Done]\n")
    for number in range(1, cards + 1):
        after = f"[task-{number - 1}]" if number % 10 != 1 else "[]"
        write(
            f"{path}/backlog/tasks/task-{number} - Card-{number}.md",
            f"---\nid: task-{number}\ntitle: Card {number}\nstatus: To Do\nassignee: []\ncreated_date: '2026-01-01'\n"
            f"labels: []\ndependencies: {after}\n---\n\n## Description\n\nWrite the file.\n",
        )
    return ["backlog", "task", "list", "--plain", "-s", "To Do"]


TOOLS = {"task-master": task_master, "backlog": backlog}


def rows(table, binary, work, cards, rounds):
    commands, paths = {}, {}
    for name, make in {"git-harness": None, **TOOLS}.items():
        if make and not shutil.which(name):
            print(f"  skipped: {name} is not on the PATH", file=sys.stderr)
            continue
        path = paths[name] = repository(f"{work}/next-{name}", 100)
        commands[name] = make(path, cards) if make else ours(binary, path, cards)
    sides = {name: lambda name=name: timed(commands[name], paths[name]) for name in commands}
    spent = in_turn(sides, rounds, 1)
    first = statistics.median(spent["git-harness"])
    for name, values in spent.items():
        shown = " ".join(os.path.basename(word) for word in commands[name][:3])
        what = f"next card of {cards:,}: {shown}"
        median = statistics.median(values)
        memory = peak_mib(commands[name], paths[name])
        is_ours = name == "git-harness"
        beside = "" if is_ours else f", {median / first:.0f} x ours"
        table.add(what, f"{median:.0f} ms, {memory:.0f} MiB{beside}")

