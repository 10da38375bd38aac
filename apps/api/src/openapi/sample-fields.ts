const FIELDS = new Map<string, readonly string[]>();

/**
 * Names what request samples of a DTO show besides its required fields. Without it they show these alone, or the first
 * optional one when none is required.
 */
export const SampleFields =
  (...fields: string[]): ClassDecorator =>
  (dto) =>
    void FIELDS.set(dto.name, fields);

/** @param dto name of its schema */
export function sampleFieldsOf(dto: string): readonly string[] | undefined {
  return FIELDS.get(dto);
}
