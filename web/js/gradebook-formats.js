// The learning platforms that a gradebook file can be made for, as the server describes them (gradebook-formats.json).

let formats = [];

export function useGradebookFormats(found) {
  formats = found;
}

export const gradebookFormats = () => formats;
