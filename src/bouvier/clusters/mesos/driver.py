"""placeholder"""


class MarathonDriver:
    def __init__(self, *a):
        raise NotImplementedError
