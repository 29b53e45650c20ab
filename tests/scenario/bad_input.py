def run(binary, external, contract):
    return 0, []
