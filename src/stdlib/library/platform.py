# platform: what a script may ask about the machine; it is the same answer everywhere.


def system():
    return "Linux"


def machine():
    return "x86_64"


def processor():
    return ""


def node():
    return ""


def release():
    return ""


def version():
    return ""


def mac_ver(release="", versioninfo=("", "", ""), machine=""):
    return release, versioninfo, machine


def python_version():
    return "3.11.0"


def python_version_tuple():
    return "3", "11", "0"


def python_implementation():
    return "CPython"


def platform(aliased=False, terse=False):
    return "Linux-x86_64"
