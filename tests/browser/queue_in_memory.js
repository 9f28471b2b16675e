// Test setup: the page's change queue with an in-memory API, whose server has a sheet of three questions, counts
// editions and refuses outdated ones, as the real one does. The test's code is evaluated in this scope.
async (test) => {
  const { ChangeQueue } = await import("/js/change-queue.js");
  const { ChangeStore } = await import("/js/change-store.js");
  const { Problem, Unreachable } = await import("/js/errors.js");

  const question = (name) => ({
    question: name,
    marks: 1,
    max_marks: 2,
    marker: "objective",
    answer: "12",
    review: ["borderline"],
    counted: true,
  });
  const server = {
    edits: 0,
    clock: 0,
    log: [],
    questions: ["1", "2", "3"].map(question),
    /** Hooks: run before a request is processed, and before its response is returned. */
    before: async () => {},
    after: async () => {},
    set(name, what, by = "me") {
      const one = server.questions.find((other) => other.question === name);
      const at = ++server.clock;
      const machine_marks = one.machine_marks ?? one.marks;
      if ("answer" in what) Object.assign(one, { read_as: one.read_as ?? one.answer, answer: what.answer, read_at: at });
      else if (what.marks === null) Object.assign(one, { marks: machine_marks, marker: "objective", changed_at: null });
      else Object.assign(one, { ...what, machine_marks, marker: "person", review: [], changed_by: by, changed_at: at });
      server.edits++;
    },
    status(id = "s") {
      const questions = structuredClone(server.questions);
      const marks = questions.reduce((sum, one) => sum + one.marks, 0);
      const result = { questions, marks, review: [], warnings: [] };
      const status = { id, state: "GRADED", edition: `1.${server.edits}`, result };
      return Object.defineProperty(status, "etag", { value: status.edition });
    },
  };
  const api = {
    submission: async () => (server.log.push("GET"), server.status()),
    async changeMark(id, name, what, etag) {
      await server.before(name, what);
      server.log.push(`${name}=${"answer" in what ? what.answer : what.marks}`);
      if (etag !== `1.${server.edits}`) throw new Problem(412, {});
      server.set(name, what);
      const status = server.status();
      await server.after(name, what);
      return status;
    },
  };
  /** An error response of the API itself. */
  const own = (status, name, detail) => new Problem(status, { type: `urn:gradeline:problem:${name}`, detail });
  const started = (listener = () => {}) => {
    const queue = new ChangeQueue(api, new ChangeStore(sessionStorage), { backoff: () => 0.001 });
    queue.listen(listener);
    queue.open(["api", "tenant", "me"]);
    return queue;
  };
  const queue = started();
  queue.updateStatus(server.status());

  const seen = (name, sheet = "s") => queue.shown(sheet).questions.find((one) => one.question === name);
  const set = (name, what) => queue.add("s", { assessment: "a", question: name, what, seen: seen(name) });
  const soon = () => new Promise((done) => setTimeout(done, 1));
  const until = async (condition) => {
    while (!condition()) await soon();
  };
  const isMoving = ({ state }) => state === "waiting" || state === "sending";
  const settled = (of = queue) => until(() => !of.all.some(isMoving));
  const held = () => {
    let open;
    const gate = new Promise((done) => (open = done));
    return { gate, open };
  };
  const marks = () => server.questions.map((one) => one.marks);
  const states = () => queue.all.map((one) => [one.question, one.state]);
  return eval(`(async () => { ${test} })()`);
};
