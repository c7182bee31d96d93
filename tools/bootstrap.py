# ruff: noqa: UP031
"""Make .venv and install the pinned requirements, if they changed; then run something in it.

Knows pip and one stamp file. Written for any Python 3, on purpose, so that a Python that is too old
gets one clear line instead of a syntax error: no annotations, no f-strings, standard library only.

    python3 tools/bootstrap.py requirements.txt [COMMAND ...]

COMMAND replaces this process (so signals reach it) and is run by the Python of .venv.
"""

import hashlib
import os
import shutil
import signal
import subprocess
import sys
import time

OLDEST = (3, 11)
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VENV = os.path.join(ROOT, ".venv")
VENV_PYTHON = os.path.join(VENV, "bin", "python")
PIP_LOG = os.path.join(VENV, "pip.log")


def main(arguments):
    if sys.version_info < OLDEST:
        name = "%d.%d" % sys.version_info[:2]
        return fail("Python %s is too old; Concord needs 3.11 or newer: make run PYTHON=python3.11" % name)
    requirements, command = arguments[0], arguments[1:]
    digest = digest_of(requirements)
    if not is_installed(requirements, digest):
        status = install(requirements, digest)
        if status:
            return status
    if command:
        sys.stdout.flush()
        os.chdir(ROOT)
        os.execv(VENV_PYTHON, [VENV_PYTHON] + command)  # noqa: RUF005
    return 0


def fail(text):
    sys.stderr.write("concord: %s\n" % text)
    return 2


def say(text):
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def digest_of(requirements):
    """Of the file, those it includes, and this Python: whatever a new installation depends on."""
    digest = hashlib.sha256(sys.version.encode())
    waiting = [requirements]
    while waiting:
        with open(os.path.join(ROOT, waiting.pop()), "rb") as file:
            for line in file.read().splitlines():
                digest.update(line + b"\n")
                if line.startswith(b"-r "):
                    waiting.append(line[3:].strip().decode())
    return digest.hexdigest()


def stamp_of(requirements):
    return os.path.join(VENV, requirements + ".stamp")


def is_installed(requirements, digest):
    try:
        with open(stamp_of(requirements)) as file:
            return file.read() == digest and os.access(VENV_PYTHON, os.X_OK)
    except OSError:
        return False


def install(requirements, digest):
    started = time.time()
    if not is_usable():
        say("Making .venv with Python %s" % sys.version.split()[0])
        shutil.rmtree(VENV, ignore_errors=True)
        status, output = run_quietly([sys.executable, "-m", "venv", VENV], os.devnull, "")
        if status:
            shutil.rmtree(VENV, ignore_errors=True)
            hint = "install the venv module (Debian and Ubuntu: apt-get install python3-venv)"
            return fail("cannot make .venv; %s. %s" % (hint, last_line(output)))
    say("Installing %s; the first time takes a minute" % requirements)
    command = [
        VENV_PYTHON,
        "-m",
        "pip",
        "install",
        "--no-input",
        "--disable-pip-version-check",
        "--progress-bar",
        "off",
    ]
    status, output = run_quietly(command + ["-r", os.path.join(ROOT, requirements)], PIP_LOG, "  ")  # noqa: RUF005
    if status:
        return fail("pip could not install %s (all it said: .venv/pip.log). %s" % (requirements, last_line(output)))
    stamps = [requirements] if requirements == "requirements.txt" else [requirements, "requirements.txt"]
    for each in stamps:  # the development requirements include the others
        with open(stamp_of(each), "w") as file:
            file.write(digest if each == requirements else digest_of(each))
    say("Installed in %.0f s" % (time.time() - started))
    return 0


def is_usable():
    """Whether .venv holds a Python of our version with pip; one of another version is made anew."""
    asked = "import pip, sys; sys.exit(sys.version_info[:2] != (%d, %d))" % sys.version_info[:2]
    try:
        return subprocess.call([VENV_PYTHON, "-c", asked], stderr=subprocess.DEVNULL) == 0
    except OSError:
        return False


def run_quietly(command, log_path, indent):
    """Run, keep what it says in a log, show a sign of life every five seconds. Status and the output."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, universal_newlines=True)
    signal.signal(signal.SIGTERM, lambda number, frame: stop(process))
    output, last_sign = [], time.time()
    with open(log_path, "w") as log:
        for line in process.stdout:
            log.write(line)
            output.append(line)
            words = line.split()
            if indent and words and time.time() - last_sign > 5:
                last_sign = time.time()
                say(indent + " ".join(words)[:76])
    status = process.wait()
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    return status, output


def stop(process):
    process.terminate()
    sys.exit(143)


def last_line(output):
    wanted = [line.strip() for line in output if line.strip().lower().startswith("error")]
    spoken = wanted or [line.strip() for line in output if line.strip()]
    return spoken[-1] if spoken else ""


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
