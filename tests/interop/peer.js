// A foreign OPC UA client for the tests: reads steps from standard input, one JSON object a line, and answers each with one.
// The steps are the functions of `steps`; python_peer.py has the same ones. A step with `later: NAME` is begun and not waited
// for; {do: "result", of: NAME} waits for it. NaN and infinities travel as the texts "NaN", "Infinity" and "-Infinity".
'use strict';
console.log = console.error; // the library prints notices, and standard output belongs to the answers
const readline = require('readline');
const opcua = require('node-opcua');
const subscribing = require('./subscribing');

const fs = require('fs');
const net = require('net');
const path = require('path');

const POLICIES = { Basic256Sha256: 'Basic256Sha256', Aes128Sha256RsaOaep: 'Aes128_Sha256_RsaOaep', Aes256Sha256RsaPss: 'Aes256_Sha256_RsaPss' };

let client;
let session;
let subscription;
let namespaces = [];
let lastLogin;
const values = new Map();
const events = [];
const pending = new Map();

const EVENT_FIELDS = [
  'EventId', 'EventType', 'SourceNode', 'SourceName', 'Time', 'Message', 'Severity', 'Retain', 'ActiveState.Id', 'AckedState.Id',
  'ConditionName', 'Comment', 'ClientUserId',
];
const NOT_FINITE = { NaN, Infinity, '-Infinity': -Infinity };

function resolve(text) {
  const match = /^nsu=([^;]+);(.*)$/.exec(text);
  return match ? `ns=${namespaces.indexOf(match[1])};${match[2]}` : text;
}

function spelled(node) {
  const uri = namespaces[node.namespace];
  const rest = node.toString().replace(/^ns=\d+;/, '');
  return node.namespace ? `nsu=${uri};${rest}` : rest;
}

// A value as plain JSON.
function plain(value, dataType) {
  if (value === null || value === undefined) return null;
  if (Buffer.isBuffer(value)) return value.toString('hex');
  if (dataType === opcua.DataType.Int64 || dataType === opcua.DataType.UInt64) return value[0] * 2 ** 32 + (value[1] >>> 0);
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (typeof value !== 'object') return value;
  if (Array.isArray(value) || ArrayBuffer.isView(value)) return Array.from(value, (each) => plain(each, dataType));
  if (value instanceof Date) return value.toISOString();
  if (value instanceof opcua.NodeId) return spelled(value);
  if (value instanceof opcua.StatusCode) return value.name;
  if (value.text !== undefined && value.locale !== undefined) return value.text;
  if (value.namespaceIndex !== undefined && value.name !== undefined) return value.name;
  if (value.schema) return Object.fromEntries(value.schema.fields.map(({ name }) => [name, plain(value[name])]));
  return value;
}

function plainVariant(variant) {
  if (!variant) return null;
  return plain(variant.value, variant.arrayType === opcua.VariantArrayType.Scalar ? variant.dataType : undefined);
}

// An argument or a value to write, [type, value], as a Variant.
function variantOf([type, value]) {
  const dataType = opcua.DataType[type];
  if (value === null) return { dataType: opcua.DataType.Null };
  if (value in NOT_FINITE) return { dataType, value: NOT_FINITE[value] };
  if (type === 'NodeId') return { dataType, value: opcua.resolveNodeId(resolve(value)) };
  if (type === 'LocalizedText') return { dataType, value: opcua.coerceLocalizedText(value) };
  if (type === 'DateTime') return { dataType, value: new Date(value) };
  if (type === 'Int64') return { dataType, arrayType: opcua.VariantArrayType.Scalar, value: opcua.coerceInt64(value) };
  if (type === 'ByteString') return { dataType, value: Buffer.from(value, 'hex') };
  return { dataType, value };
}

function tokenOf(userName, password) {
  if (!userName) return { type: opcua.UserTokenType.Anonymous };
  return { type: opcua.UserTokenType.UserName, userName, password };
}

// The library reads a certificate as PEM.
function pemOf(certificate) {
  const pem = certificate.replace(/der$/, 'crt.pem');
  const lines = fs.readFileSync(certificate).toString('base64').match(/.{1,64}/g).join('\n');
  fs.writeFileSync(pem, `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`);
  return pem;
}

async function subscribed(interval) {
  subscription = subscription || (await session.createSubscription2({
    requestedPublishingInterval: interval || 100, requestedLifetimeCount: 1000, requestedMaxKeepAliveCount: 10, publishingEnabled: true, maxNotificationsPerPublish: 0, priority: 1,
  }));
  return subscription;
}

// Without a policy: no security. Without a user: anonymous.
async function connected({ url, policy, mode, certificate, key, user, password, returns }) {
  const options = { endpointMustExist: false, connectionStrategy: { maxRetry: returns ? 20 : 1, initialDelay: 100, maxDelay: 500 } };
  if (policy) {
    const rootFolder = path.join(process.env.ANDON_CONFIG || path.dirname(certificate), 'node-pki'); // its key takes seconds: made once
    const clientCertificateManager = new opcua.OPCUACertificateManager({ rootFolder, automaticallyAcceptUnknownCertificate: true });
    await clientCertificateManager.initialize();
    Object.assign(options, {
      securityMode: opcua.MessageSecurityMode[mode], securityPolicy: opcua.SecurityPolicy[POLICIES[policy]],
      certificateFile: pemOf(certificate), privateKeyFile: key, clientCertificateManager,
    });
  }
  const made = opcua.OPCUAClient.create(options);
  await made.connect(url);
  return { client: made, session: await made.createSession(tokenOf(user, password)) };
}

const steps = {
  async connect(login) {
    lastLogin = login;
    ({ client, session } = await connected(login));
    namespaces = await session.readNamespaceArray();
    return { namespaces };
  },
  // Another person takes over; the subscriptions stay.
  async change_user({ user, password }) {
    const status = await session.changeUser(tokenOf(user, password));
    return { status: status.name };
  },
  // Cuts the connection under the client's feet; it comes back by itself, if it was told to at the connect.
  async cut() {
    const back = new Promise((done) => { client.once('connection_reestablished', done); });
    const sockets = process._getActiveHandles().filter((each) => each instanceof net.Socket && each.remotePort);
    sockets.forEach((each) => { each.end(); each.emit('error', new Error('ECONNRESET')); });
    await back;
    return {};
  },
  async browse({ node }) {
    const found = await session.browse({ nodeId: resolve(node), resultMask: 63, browseDirection: opcua.BrowseDirection.Forward });
    const references = found.references.map((each) => ({
      name: each.browseName.name, node: spelled(each.nodeId), reference: spelled(each.referenceTypeId), type: spelled(each.typeDefinition),
    }));
    return { names: references.map((each) => each.name), references, status: found.statusCode.name };
  },
  // The sizes of the pages that a node's references come in, and all their names.
  async browse_pages({ node, size }) {
    session.requestedMaxReferencesPerNode = size;
    const pages = [];
    let found = await session.browse({ nodeId: resolve(node), resultMask: 63, browseDirection: opcua.BrowseDirection.Forward });
    pages.push(found.references);
    while (found.continuationPoint && found.continuationPoint.length) {
      found = await session.browseNext(found.continuationPoint, false);
      pages.push(found.references);
    }
    session.requestedMaxReferencesPerNode = 10000;
    return { sizes: pages.map((page) => page.length), names: pages.flat().map((each) => each.browseName.name), status: found.statusCode.name };
  },
  async read({ node, attribute, range }) {
    const attributeId = opcua.AttributeIds[attribute || 'Value'];
    const data = await session.read({ nodeId: resolve(node), attributeId, indexRange: range ? new opcua.NumericRange(range) : undefined });
    return {
      value: plainVariant(data.value), status: data.statusCode.name, type: opcua.DataType[data.value && data.value.dataType],
      source: data.sourceTimestamp,
    };
  },
  async read_all({ nodes }) {
    const found = await session.read(nodes.map((node) => ({ nodeId: resolve(node), attributeId: opcua.AttributeIds.Value })));
    return { values: found.map((data) => plainVariant(data.value)) };
  },
  async write({ node, value, type }) {
    const variant = variantOf([type || 'Double', value]);
    const status = await session.write({ nodeId: resolve(node), attributeId: opcua.AttributeIds.Value, value: { value: variant } });
    return { status: status.name };
  },
  async call({ object, method, inputs }) {
    const request = { objectId: resolve(object), methodId: resolve(method), inputArguments: (inputs || []).map(variantOf) };
    const began = process.hrtime.bigint();
    const result = await session.call(request);
    const ms = Number(process.hrtime.bigint() - began) / 1e6;
    const reasons = (result.inputArgumentDiagnosticInfos || []).map((each) => each && each.additionalInfo).filter(Boolean);
    return { status: result.statusCode.name, outputs: (result.outputArguments || []).map(plainVariant), reasons, ms };
  },
  async subscribe({ nodes, interval }) {
    await subscribed(interval);
    for (const node of nodes) {
      values.set(node, []);
      const item = await subscription.monitor({ nodeId: resolve(node), attributeId: opcua.AttributeIds.Value }, { samplingInterval: 0, queueSize: 100, discardOldest: true }, opcua.TimestampsToReturn.Both);
      item.on('changed', (data) => values.get(node).push({ value: plainVariant(data.value), status: data.statusCode.name, source: data.sourceTimestamp }));
    }
    return {};
  },
  async values({ node }) {
    return { values: values.get(node) };
  },
  // Subscribes to a notifier's events; `label` tells them from those of other subscriptions.
  async events({ node, type, label }) {
    await subscribed();
    const filter = opcua.constructEventFilter(EVENT_FIELDS.concat(['ConditionId']), type ? opcua.ofType(type) : undefined);
    // ConditionId is the NodeId attribute of ConditionType, not a field of its own.
    const last = filter.selectClauses[filter.selectClauses.length - 1];
    last.typeDefinitionId = opcua.resolveNodeId('ConditionType');
    last.browsePath = [];
    last.attributeId = opcua.AttributeIds.NodeId;
    const item = await subscription.monitor({ nodeId: resolve(node || 'i=2253'), attributeId: opcua.AttributeIds.EventNotifier }, { samplingInterval: 0, queueSize: 1000, discardOldest: true, filter }, opcua.TimestampsToReturn.Both);
    item.on('changed', (fields) => {
      const event = { label: label || '' };
      EVENT_FIELDS.concat(['ConditionId']).forEach((name, index) => { event[name] = plainVariant(fields[index]); });
      events.push(event);
    });
    return {};
  },
  async heard() {
    return { events };
  },
  async acknowledge({ condition, event, comment }) {
    const status = await session.acknowledgeCondition(resolve(condition), Buffer.from(event, 'hex'), comment || '');
    return { status: status.name };
  },
  async refresh() {
    const result = await session.call({ objectId: 'i=2782', methodId: 'i=3875', inputArguments: [{ dataType: opcua.DataType.UInt32, value: subscription.subscriptionId }] });
    return { status: result.statusCode.name };
  },
  async result({ of }) {
    return pending.get(of);
  },
  async close() {
    if (session) await session.close();
    if (client) await client.disconnect();
    client = session = subscription = undefined;
    return {};
  },
};
Object.assign(steps, subscribing({ session: () => session, another: (changes) => connected({ ...lastLogin, ...changes }), resolve, plainVariant, variantOf }));

async function answerTo(step) {
  try {
    return { ok: true, ...(await steps[step.do](step)) };
  } catch (error) {
    return { ok: false, error: error.message };
  }
}

(async () => {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const step = JSON.parse(line);
    let answer = { ok: true };
    if (step.later) pending.set(step.later, answerTo(step));
    else answer = await answerTo(step);
    process.stdout.write(JSON.stringify(answer) + '\n');
  }
  process.exit(0);
})();
