// node-opcua's server with N Double tags, fed through its public API. Orders as in pacing.py.
"use strict";
const path = require("path");
const readline = require("readline");
const o = require(path.join(__dirname, "..", "..", "interop", "node_modules", "node-opcua"));

const UNCERTAIN = 0x40940000, BAD = 0x808c0000, STEP = 1 << 14, WRAP = 1 << 30, STATUS_FRAMES = 10;
const tags = Number(process.argv[2]);
const pki = process.argv[3];

function statusOf(index, frame) {
    const phase = Math.floor(frame / STATUS_FRAMES) + index;
    if (index % 50 === 3 && phase % 4 === 0) return BAD;
    if (index % 20 === 7 && phase % 2 === 1) return UNCERTAIN;
    return 0;
}

(async () => {
    const manager = new o.OPCUACertificateManager({ rootFolder: pki, automaticallyAcceptUnknownCertificate: true });
    const server = new o.OPCUAServer({
        port: 0,
        host: "127.0.0.1",
        serverCertificateManager: manager,
        allowAnonymous: true,
        securityPolicies: [o.SecurityPolicy.None],
        securityModes: [o.MessageSecurityMode.None],
        maxConnectionsPerEndpoint: 300,
        serverCapabilities: {
            maxSessions: 300, maxSubscriptions: 1000, maxSubscriptionsPerSession: 100,
            maxMonitoredItems: 1000000, maxMonitoredItemsPerSubscription: 100000,
            operationLimits: { maxMonitoredItemsPerCall: 20000, maxNodesPerRead: 20000, maxNodesPerMethodCall: 100 },
        },
    });
    await server.initialize();
    const space = server.engine.addressSpace;
    const ns = space.registerNamespace("urn:andon:benchmark");
    const root = ns.addObject({ browseName: "Bench", nodeId: "s=Bench", organizedBy: space.rootFolder.objects });
    const nodes = [];
    let folder = null;
    for (let index = 0; index < tags; index++) {
        if (index % 500 === 0) folder = ns.addObject({ browseName: `Folder${index}`, nodeId: `s=Folder${index}`, componentOf: root });
        const node = ns.addVariable({
            componentOf: folder, browseName: `Tag${index}`, nodeId: `s=Tag${index}`, dataType: "Double",
            minimumSamplingInterval: 0,
        });
        node.setValueFromSource({ dataType: o.DataType.Double, value: 0.0 });
        nodes.push(node);
    }
    const stop = ns.addMethod(root, { browseName: "Stop", nodeId: "s=Stop", inputArguments: [], outputArguments: [] });
    stop.bindMethod((_inputs, _context, callback) => callback(null, { statusCode: o.StatusCodes.Good, outputArguments: [] }));
    await server.start();
    const uncertain = o.StatusCodes.UncertainEngineeringUnitsExceeded, bad = o.StatusCodes.BadSensorFailure;
    console.log(`opc.tcp://127.0.0.1:${server.endpoints[0].port}`);

    let timer = null, hz = 0, frame = 0;
    function publish() {
        const when = new Date((frame * 1000) / hz);
        const base = (frame % WRAP) * STEP;
        for (let index = 0; index < tags; index++) {
            const status = statusOf(index, frame);
            if (status === BAD) nodes[index].setValueFromSource({ dataType: o.DataType.Null }, bad, when);
            else nodes[index].setValueFromSource(
                { dataType: o.DataType.Double, value: base + index },
                status === UNCERTAIN ? uncertain : o.StatusCodes.Good, when);
        }
        frame += 1;
        if (Date.now() / 1000 - frame / hz > 1) frame = Math.floor((Date.now() / 1000) * hz) + 1;
        timer = setTimeout(publish, Math.max(0, (frame * 1000) / hz - Date.now()));
    }
    const lines = readline.createInterface({ input: process.stdin });
    lines.on("line", (line) => {
        clearTimeout(timer);
        hz = Number(line.split(" ")[1]);
        if (hz) {
            frame = Math.floor((Date.now() / 1000) * hz) + 1;
            timer = setTimeout(publish, Math.max(0, (frame * 1000) / hz - Date.now()));
        }
        console.log("ok");
    });
    lines.on("close", () => process.exit(0));
})().catch((error) => { console.error(error); process.exit(1); });
