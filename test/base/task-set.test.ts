import { expect, it } from 'vitest';
import { deferred } from '../../src/base/deferred.js';
import { TaskSet } from '../../src/base/task-set.js';

it('waits for all running tasks, and for those added meanwhile', async () => {
  const tasks = new TaskSet(() => expect.fail('nothing failed'));
  const [first, second] = [deferred<void>(), deferred<void>()];
  tasks.add(first.promise.then(() => tasks.add(second.promise)));
  let isSettled = false;
  const settled = tasks.settled().then(() => {
    isSettled = true;
  });
  first.resolve();
  await new Promise((resolve) => setImmediate(resolve));
  expect(isSettled).toBe(false);
  second.resolve();
  await settled;
  await tasks.settled();
});

it('reports failures, and waits for the other tasks', async () => {
  const told: unknown[] = [];
  const tasks = new TaskSet((error) => void told.push(error));
  const late = deferred<void>();
  tasks.add(Promise.reject('no'));
  tasks.add(late.promise.then(() => void told.push('late')));
  late.resolve();
  await tasks.settled();
  expect(told.sort()).toEqual(['late', 'no']);
});
