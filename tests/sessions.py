"""Sessions that stand in a text: commands of the shell, and what they print. For man.py and cases.py."""
import os
import re
import subprocess


def matches(want, got):
    """Whether the text `got` is what the lines `want` say: `...` stands for anything, alone for any lines."""
    parts = []
    for line in want:
        if line.strip() == "...":
            parts.append("(?:.*\n)*?")
        else:
            parts.append("[^\n]*?".join(re.escape(p) for p in line.rstrip().split("...")) + "[ ]*\n")
    return re.fullmatch("".join(parts), got if not got or got.endswith("\n") else got + "\n") is not None


def environment(folder, milc):
    """That of a shell in which `milc` is this one; the link to it lies in folder/bin."""
    os.mkdir(os.path.join(folder, "bin"))
    os.symlink(milc, os.path.join(folder, "bin", "milc"))
    return dict(os.environ, PATH=os.path.join(folder, "bin") + ":" + os.environ.get("PATH", ""))


def printed(command, folder, env):
    """What a command of the shell prints, on either stream."""
    return subprocess.run(["sh", "-c", command + " 2>&1"], cwd=folder, env=env, stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=120).stdout
