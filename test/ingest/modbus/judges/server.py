"""A Modbus server and codec made of pymodbus, for tests: server.py tcp PORT | server.py rtu DEVICE UNIT.

Unit 1 (or UNIT) has registers 0..999 and coils 0..999; input registers hold their address. It prints "ready" and then answers
the commands get, put and coil as server.c does, with BinaryPayloadBuilder and BinaryPayloadDecoder.
"""

import asyncio
import sys
import threading

from pymodbus.constants import Endian
from pymodbus.datastore import ModbusSequentialDataBlock, ModbusServerContext, ModbusSlaveContext
from pymodbus.payload import BinaryPayloadBuilder, BinaryPayloadDecoder
from pymodbus.server import StartAsyncSerialServer, StartAsyncTcpServer
from pymodbus.transaction import ModbusRtuFramer

ORDERS = {
    "ABCD": (Endian.Big, Endian.Big),
    "BADC": (Endian.Little, Endian.Big),
    "CDAB": (Endian.Big, Endian.Little),
    "DCBA": (Endian.Little, Endian.Little),
}
COUNT = 1000

block = lambda values: ModbusSequentialDataBlock(0, values)
store = ModbusSlaveContext(
    di=block([True, False] * (COUNT // 2)), co=block([False] * COUNT), hr=block([0] * COUNT), ir=block(list(range(COUNT))), zero_mode=True
)


def method(verb, type):
    kind = type.rstrip("0123456789")
    return f"{verb}_string" if kind == "string" else f"{verb}_{type[len(kind):]}bit_{kind}"


def answer(words):
    if words[0] == "coil":
        return int(store.getValues(1, int(words[1]), 1)[0])
    type, order, address = words[1], words[2], int(words[3])
    byteorder, wordorder = ORDERS[order]
    if words[0] == "put":
        builder = BinaryPayloadBuilder(byteorder=byteorder, wordorder=wordorder)
        parse = str if type == "string" else float if type.startswith("float") else int
        getattr(builder, method("add", type))(parse(words[4]))
        registers = builder.to_registers()
        store.setValues(3, address, registers)
        return len(registers)
    length = int(words[4])
    decoder = BinaryPayloadDecoder.fromRegisters(store.getValues(3, address, 4 if length == 0 else (length + 1) // 2), byteorder, wordorder)
    if type == "string":
        return decoder.decode_string(length).decode()
    return repr(getattr(decoder, method("decode", type))())


def commands():
    for line in sys.stdin:
        print(answer(line.split()), flush=True)


async def main():
    kind, where = sys.argv[1:3]
    if kind == "tcp":
        context = ModbusServerContext(slaves={1: store}, single=False)
        serving = StartAsyncTcpServer(context=context, address=("127.0.0.1", int(where)))
    else:
        context = ModbusServerContext(slaves={int(sys.argv[3]): store}, single=False)
        serving = StartAsyncSerialServer(context=context, framer=ModbusRtuFramer, port=where, baudrate=115200)
    threading.Thread(target=commands, daemon=True).start()
    asyncio.get_running_loop().call_later(0.2, lambda: print("ready", flush=True))
    await serving


asyncio.run(main())
