// Runs paths through the state machine with an interpreter that is not the local cloud's.
//
// node run-paths.mjs INPUT OUTPUT, two files; INPUT holds
//   {"machine": …, "paths": [{"name", "input", "outcomes": {state: [{"value"} or {"error", "cause"}, …]}}]}
// and OUTPUT will hold
//   [{"name", "status", "error", "cause", "output", "entered": [state, …], "calls": {state: [input, …]}}]

import { readFileSync, writeFileSync } from 'node:fs';

// The interpreter needs this function, which older versions of Node lack.
Promise.withResolvers ??= function () {
  const parts = {};
  parts.promise = new this((resolve, reject) => Object.assign(parts, { resolve, reject }));
  return parts;
};

const { StateMachine } = await import('aws-local-stepfunctions');
const { machine, paths } = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const context = { State: { EnteredTime: '2030-05-06T07:08:10.000Z' } };

// The last planned outcome holds for all further calls.
function fakeTask(planned, inputs) {
  return (input) => {
    inputs.push(input);
    const outcome = planned[Math.min(inputs.length, planned.length) - 1];
    if ('error' in outcome) throw Object.assign(new Error(outcome.cause), { name: outcome.error });
    return outcome.value;
  };
}

const flow = new StateMachine(machine);

async function run({ name, input, outcomes }) {
  const calls = Object.fromEntries(Object.keys(outcomes).map((state) => [state, []]));
  const handlers = Object.fromEntries(
    Object.entries(outcomes).map(([state, planned]) => [state, fakeTask(planned, calls[state])])
  );
  const noWaits = Object.fromEntries(Object.keys(outcomes).map((state) => [state, 0]));
  const execution = flow.run(input, {
    overrides: { taskResourceLocalHandlers: handlers, retryIntervalOverrides: noWaits },
    context,
  });
  const entered = [];
  const events = (async () => {
    for await (const event of execution.eventLogs) if (event.type === 'StateEntered') entered.push(event.state.name);
  })();
  let ended;
  try {
    ended = { status: 'SUCCEEDED', output: await execution.result };
  } catch (error) {
    // The execution's error wraps the error that caused it.
    const { name: by, message } = error.cause ?? error;
    ended = { status: 'FAILED', error: by, cause: message };
  }
  await events;
  return { name, ...ended, entered, calls };
}

const results = [];
for (const path of paths) results.push(await run(path));
writeFileSync(process.argv[3], JSON.stringify(results));
