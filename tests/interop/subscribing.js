// Steps of peer.js that have a subscription of their own: filtered, queued, changed, handed over. python_subscribing.py has the
// same ones. `peer` lends what a connection is made of: session(), another(), resolve, plainVariant, variantOf.
'use strict';
const opcua = require('node-opcua');

const NAMES_OF_KIND = { Absolute: opcua.DeadbandType.Absolute, Percent: opcua.DeadbandType.Percent };

function parametersOf({ sampling, queue, oldest, deadband }) {
  const parameters = { samplingInterval: sampling || 0, queueSize: queue === undefined ? 100 : queue, discardOldest: oldest !== false };
  if (deadband) {
    parameters.filter = new opcua.DataChangeFilter({
      trigger: opcua.DataChangeTrigger.StatusValue, deadbandType: NAMES_OF_KIND[deadband[0]], deadbandValue: deadband[1],
    });
  }
  return parameters;
}

function fieldOf(path) {
  return new opcua.SimpleAttributeOperand({
    typeDefinitionId: 'i=2041', browsePath: path.split('/').map((name) => ({ name })), attributeId: opcua.AttributeIds.Value,
  });
}

module.exports = (peer) => {
  let mine; // the subscription
  let heir; // who takes it over: { client, session }
  const items = new Map();
  const told = new Map();
  const statuses = [];

  // [{op, operands}], an operand being {field}, {literal: [type, value]} or {element}.
  function clauseOf(where) {
    const operand = (given) => {
      if (given.field) return fieldOf(given.field);
      if (given.element !== undefined) return new opcua.ElementOperand({ index: given.element });
      return new opcua.LiteralOperand({ value: peer.variantOf(given.literal) });
    };
    return new opcua.ContentFilter({
      elements: where.map(({ op, operands }) => ({ filterOperator: opcua.FilterOperator[op], filterOperands: operands.map(operand) })),
    });
  }

  async function watched(label, item, plain) {
    const made = await mine.monitor(item.what, item.parameters, opcua.TimestampsToReturn.Both);
    items.set(label, made);
    told.set(label, []);
    made.on('changed', (found) => told.get(label).push(plain(found)));
    const granted = made.result || {}; // none where it was refused
    return { status: made.statusCode.name, sampling: granted.revisedSamplingInterval, queue: granted.revisedQueueSize };
  }

  return {
    async open({ interval }) {
      if (mine) await mine.terminate();
      statuses.length = 0;
      mine = await peer.session().createSubscription2({
        requestedPublishingInterval: interval, requestedLifetimeCount: 1000, requestedMaxKeepAliveCount: 5, publishingEnabled: true,
        maxNotificationsPerPublish: 0, priority: 1,
      });
      mine.on('status_changed', (status) => statuses.push(status.name));
      return { id: mine.subscriptionId };
    },
    async monitor({ node, label, ...asked }) {
      const what = { nodeId: peer.resolve(node), attributeId: opcua.AttributeIds.Value };
      return watched(label, { what, parameters: parametersOf(asked) }, (data) => ({ value: peer.plainVariant(data.value), code: data.statusCode.value }));
    },
    async listen({ node, label, select, where }) {
      const what = { nodeId: peer.resolve(node), attributeId: opcua.AttributeIds.EventNotifier };
      const filter = new opcua.EventFilter({ selectClauses: select.map(fieldOf), whereClause: clauseOf(where) });
      return watched(label, { what, parameters: { samplingInterval: 0, queueSize: 100, discardOldest: true, filter } }, (fields) => fields.map(peer.plainVariant));
    },
    async told({ label }) {
      return { told: told.get(label) };
    },
    async statuses() {
      return { statuses };
    },
    async modify_item({ label, ...asked }) {
      const result = await items.get(label).modify(parametersOf(asked), opcua.TimestampsToReturn.Both);
      return { status: result.statusCode.name, sampling: result.revisedSamplingInterval, queue: result.revisedQueueSize };
    },
    async modify_subscription({ interval }) {
      const revised = await mine.modify({ requestedPublishingInterval: interval });
      return { interval: revised.revisedPublishingInterval };
    },
    async publishing({ on }) {
      return { status: (await mine.setPublishingMode(on)).name };
    },
    // Has a second session take the subscription over: the same user's, unless another one is named.
    async transfer({ user, password }) {
      heir = await peer.another(user ? { user, password } : {});
      const { results } = await heir.session.transferSubscriptions({ subscriptionIds: [mine.subscriptionId], sendInitialValues: true });
      return { status: results[0].statusCode.name };
    },
    // What one message to the second session says: the values, in their order.
    async inherited() {
      const response = await new Promise((resolve, reject) => {
        heir.session.publish(new opcua.PublishRequest({}), (error, found) => (error ? reject(error) : resolve(found)));
      });
      const data = response.notificationMessage.notificationData || [];
      return { values: data.flatMap((each) => each.monitoredItems || []).map((each) => peer.plainVariant(each.value.value)) };
    },
    async end_transfer({ taken }) {
      await heir.session.close();
      await heir.client.disconnect();
      heir = undefined;
      if (taken) mine = undefined;
      return {};
    },
  };
};
