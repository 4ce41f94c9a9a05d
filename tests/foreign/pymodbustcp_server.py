"""pyModbusTCP as a server on a port of 127.0.0.1. Registers come as lines on stdin."""

import sys
import threading

from pyModbusTCP.server import DataBank, ModbusServer


def main(port: str, _unit: str) -> None:
    bank = DataBank()
    for line in iter(sys.stdin.readline, "\n"):
        name, address, word = line.split()
        put = bank.set_holding_registers if name == "holding" else bank.set_input_registers
        put(int(address), [int(word)])
    ModbusServer("127.0.0.1", int(port), no_block=True, data_bank=bank).start()
    print("ready", flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    main(*sys.argv[1:])
