def count(names):
    return {name: names.count(name) for name in set(names)}
