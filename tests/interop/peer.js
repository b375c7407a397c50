// A foreign OPC UA client for the tests: reads steps from standard input, one JSON object a line, and answers each with one.
// Steps: {do: "connect"|"browse"|"read"|"write"|"call"|"subscribe"|"values"|"events"|"heard"|"acknowledge"|"refresh"|"close"}
'use strict';
const readline = require('readline');
// Standard output carries our answers alone: what the library prints goes to standard error.
console.log = console.error;
const opcua = require('node-opcua');

let client;
let session;
let subscription;
let namespaces = [];
const values = new Map();
const events = [];

const EVENT_FIELDS = ['EventId', 'EventType', 'SourceName', 'Message', 'Severity', 'Retain', 'ActiveState.Id', 'AckedState.Id', 'ConditionName'];

function resolve(text) {
  const match = /^nsu=([^;]+);(.*)$/.exec(text);
  return match ? `ns=${namespaces.indexOf(match[1])};${match[2]}` : text;
}

function plain(variant) {
  const value = variant && variant.value;
  if (value === null || value === undefined) return null;
  if (Buffer.isBuffer(value)) return value.toString('hex');
  if (value.text !== undefined) return value.text;
  if (ArrayBuffer.isView(value)) return Array.from(value);
  if (value.constructor && value.constructor.name === 'NodeId') return value.toString();
  return value;
}

const steps = {
  async connect({ url }) {
    client = opcua.OPCUAClient.create({ endpointMustExist: false, connectionStrategy: { maxRetry: 1 } });
    await client.connect(url);
    session = await client.createSession({ type: opcua.UserTokenType.Anonymous });
    namespaces = await session.readNamespaceArray();
    return { namespaces };
  },
  async browse({ node }) {
    const found = await session.browse(resolve(node));
    return { names: found.references.map((each) => each.browseName.name), status: found.statusCode.name };
  },
  async read({ node, attribute }) {
    const attributeId = opcua.AttributeIds[attribute || 'Value'];
    const data = await session.read({ nodeId: resolve(node), attributeId });
    return { value: plain(data.value), status: data.statusCode.name, type: opcua.DataType[data.value && data.value.dataType] };
  },
  async write({ node, value, type }) {
    const variant = { dataType: opcua.DataType[type || 'Double'], value };
    const status = await session.write({ nodeId: resolve(node), attributeId: opcua.AttributeIds.Value, value: { value: variant } });
    return { status: status.name };
  },
  async call({ object, method, inputs }) {
    const request = {
      objectId: resolve(object),
      methodId: resolve(method),
      inputArguments: (inputs || []).map(([type, value]) => ({ dataType: opcua.DataType[type], value: type === 'NodeId' ? opcua.resolveNodeId(resolve(value)) : type === 'DateTime' ? new Date(value) : value })),
    };
    const began = process.hrtime.bigint();
    const result = await session.call(request);
    const ms = Number(process.hrtime.bigint() - began) / 1e6;
    const reasons = (result.inputArgumentDiagnosticInfos || []).map((each) => each && each.additionalInfo).filter(Boolean);
    return { status: result.statusCode.name, outputs: (result.outputArguments || []).map(plain), reasons, ms };
  },
  async subscribe({ nodes, interval }) {
    subscription = subscription || (await session.createSubscription2({
      requestedPublishingInterval: interval || 100, requestedLifetimeCount: 1000, requestedMaxKeepAliveCount: 10, publishingEnabled: true, maxNotificationsPerPublish: 0, priority: 1,
    }));
    for (const node of nodes) {
      values.set(node, []);
      const item = await subscription.monitor({ nodeId: resolve(node), attributeId: opcua.AttributeIds.Value }, { samplingInterval: 0, queueSize: 100, discardOldest: true }, opcua.TimestampsToReturn.Both);
      item.on('changed', (data) => values.get(node).push({ value: plain(data.value), status: data.statusCode.name, source: data.sourceTimestamp }));
    }
    return {};
  },
  async values({ node }) {
    return { values: values.get(node) };
  },
  async events({ node, type }) {
    await steps.subscribe({ nodes: [] });
    const filter = opcua.constructEventFilter(EVENT_FIELDS.concat(['ConditionId']), type ? opcua.ofType(type) : undefined);
    // ConditionId is the NodeId attribute of ConditionType, not a field of its own.
    const last = filter.selectClauses[filter.selectClauses.length - 1];
    last.typeDefinitionId = opcua.resolveNodeId('ConditionType');
    last.browsePath = [];
    last.attributeId = opcua.AttributeIds.NodeId;
    const item = await subscription.monitor({ nodeId: resolve(node || 'i=2253'), attributeId: opcua.AttributeIds.EventNotifier }, { samplingInterval: 0, queueSize: 1000, discardOldest: true, filter }, opcua.TimestampsToReturn.Both);
    item.on('changed', (fields) => {
      const event = {};
      EVENT_FIELDS.concat(['ConditionId']).forEach((name, index) => { event[name] = plain(fields[index]); });
      events.push(event);
    });
    return {};
  },
  async heard() {
    return { events };
  },
  async acknowledge({ condition, event, comment }) {
    const status = await session.acknowledgeCondition(condition, Buffer.from(event, 'hex'), comment || '');
    return { status: status.name };
  },
  async refresh() {
    const result = await session.call({ objectId: 'i=2782', methodId: 'i=3875', inputArguments: [{ dataType: opcua.DataType.UInt32, value: subscription.subscriptionId }] });
    return { status: result.statusCode.name };
  },
  async close() {
    if (session) await session.close();
    if (client) await client.disconnect();
    return {};
  },
};

(async () => {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    let answer;
    try {
      const step = JSON.parse(line);
      answer = { ok: true, ...(await steps[step.do](step)) };
    } catch (error) {
      answer = { ok: false, error: error.message };
    }
    process.stdout.write(JSON.stringify(answer) + '\n');
  }
  process.exit(0);
})();
