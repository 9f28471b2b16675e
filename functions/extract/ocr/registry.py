"""The OCR engines, each named once. The setting `OCR_ENGINE` selects one of them."""

from extract.ocr import textract_engine
from extract.ocr.engine import OcrEngineDefinition

# To add an engine: a module with its definition, and its name here (docs/reading.md, Adding an OCR engine).
OCR_ENGINES: dict[str, OcrEngineDefinition] = {
    definition.name: definition for definition in (textract_engine.DEFINITION,)
}


def get_engine_definition(name: str) -> OcrEngineDefinition:
    """The engine of this name.

    Raises
    ------
    ValueError
        There is no such engine; the message lists those that there are.
    """
    definition = OCR_ENGINES.get(name)
    if definition is None:
        raise ValueError(f"OCR_ENGINE is {name!r}, but the known OCR engines are: {', '.join(sorted(OCR_ENGINES))}.")
    return definition
