// The kinds of documents, as the server describes them (document-kinds.json): what a list calls a document of this kind,
// the title of its upload area, and the files that the area takes beside those that can be read.

let kinds = [];

export function useDocumentKinds(found) {
  kinds = found;
}

export const documentKinds = () => kinds;

/** What a list calls a document; undefined for a sheet, which is called by its student. */
export const documentTitle = (name) => kinds.find((kind) => kind.name === name && !kind.many)?.title;
