# gc: memory is milc's own matter; these do nothing.


def collect(generation=2):
    return 0


def enable():
    pass


def disable():
    pass


def isenabled():
    return True


def get_count():
    return 0, 0, 0


def freeze():
    pass


def get_objects(generation=None):
    return []
