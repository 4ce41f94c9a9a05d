// The npm package modbus-serial as a server on a port of 127.0.0.1. Registers come as lines on stdin.
"use strict";
const readline = require("readline");
const { ServerTCP } = require("modbus-serial");

const tables = { holding: new Map(), inputs: new Map() };
const lines = readline.createInterface({ input: process.stdin });
const read = (table) => (address, _unit) => table.get(address) ?? 0;

lines.on("line", (line) => {
    if (line === "") {
        const server = new ServerTCP(
            { getHoldingRegister: read(tables.holding), getInputRegister: read(tables.inputs) },
            { host: "127.0.0.1", port: Number(process.argv[2]), unitID: Number(process.argv[3]) },
        );
        server.on("initialized", () => console.log("ready"));
        return;
    }
    const [name, address, word] = line.split(" ");
    tables[name].set(Number(address), Number(word));
});
