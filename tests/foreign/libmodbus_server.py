"""libmodbus as a server, by ctypes: `tcp PORT` or `rtu TTY BAUD UNIT`. Registers come as lines on stdin."""

import ctypes
import sys

WORDS = 0x10000
BYTES_MAX = 260


class Mapping(ctypes.Structure):
    """modbus_mapping_t of libmodbus 3.1."""

    _fields_ = (
        *((f"{kind}_{name}", ctypes.c_int) for name in ("bits", "input_bits", "input_registers", "registers")
          for kind in ("nb", "start")),
        ("tab_bits", ctypes.POINTER(ctypes.c_uint8)),
        ("tab_input_bits", ctypes.POINTER(ctypes.c_uint8)),
        ("tab_input_registers", ctypes.POINTER(ctypes.c_uint16)),
        ("tab_registers", ctypes.POINTER(ctypes.c_uint16)),
    )  # fmt: skip


def main(kind: str, *where: str) -> None:
    lib = ctypes.CDLL("libmodbus.so.5")
    lib.modbus_new_tcp.restype = lib.modbus_new_rtu.restype = ctypes.c_void_p
    lib.modbus_mapping_new.restype = ctypes.POINTER(Mapping)
    table = lib.modbus_mapping_new(WORDS, WORDS, WORDS, WORDS)
    for line in iter(sys.stdin.readline, "\n"):
        name, address, word = line.split()
        words = table[0].tab_registers if name == "holding" else table[0].tab_input_registers
        words[int(address)] = int(word)
    if kind == "tcp":
        context = ctypes.c_void_p(lib.modbus_new_tcp(b"127.0.0.1", int(where[0])))
        listener = lib.modbus_tcp_listen(context, 1)
        print("ready", flush=True)
        while lib.modbus_tcp_accept(context, ctypes.byref(ctypes.c_int(listener))) >= 0:
            serve(lib, context, table, until_it_leaves=True)
            lib.modbus_close(context)
    else:
        tty, baud, unit = where
        context = ctypes.c_void_p(lib.modbus_new_rtu(tty.encode(), int(baud), ctypes.c_char(b"N"), 8, 1))
        lib.modbus_set_slave(context, int(unit))
        if lib.modbus_connect(context) < 0:
            raise SystemExit(f"libmodbus cannot open {tty}")
        print("ready", flush=True)
        serve(lib, context, table, until_it_leaves=False)


def serve(lib: ctypes.CDLL, context: ctypes.c_void_p, table: object, *, until_it_leaves: bool) -> None:
    query = (ctypes.c_uint8 * BYTES_MAX)()
    while True:
        length = lib.modbus_receive(context, query)
        if length > 0:
            lib.modbus_reply(context, query, length, table)
        elif length < 0 and until_it_leaves:
            return


if __name__ == "__main__":
    main(*sys.argv[1:])
