// The question types, as the server describes them (question-types.json): how each is called, which fields of a scheme
// entry apply to it, and what the paper editor shows for it.

let types = [];

export function useQuestionTypes(found) {
  types = found;
}

export const questionTypes = () => types;
export const questionType = (name) => types.find((one) => one.name === name);
