"""Regular expressions for known wordings that address the grader, each matched against one sentence or line."""

import re

from grade.lazy_pattern import LazyPattern

_NEAR = r"[^.!?\n]{0,40}"
_TO = r"(?:grader|grading|marker|examiner|teacher|assistant|ai|model|chatbot|llm|system|professor|evaluator|moderator)"
_ORDERS = (
    r"(?:instructions?|prompts?|rules?|guidelines?|directions?|messages?|rubrics?|schemes?|criteri(?:a|on)|context"
    r"|commands?|orders?|text)"
)
_HIDDEN = (
    r"(?:mark(?:ing)?[ -]?schemes?|schemes? of marks|rubrics?|answer[ -]?keys?|model[ -]?answers?"
    r"|(?:mark(?:ing)?|grading|assessment) criteria|system (?:prompt|message)s?"
    r"|(?:your|the|initial|hidden|previous|above) (?:prompts?|instructions?|criteria|rules)"
    r"|(?:correct|expected|reference|right) answers?|accepted wordings?)"
)
_GRADE = r"(?:marks?|points?|scores?|credits?|grades?)"
_MOST = r"(?:full|max(?:imum)?|all|highest|top|perfect|complete|total|\d+(?:\s*(?:/|out of)\s*\d+)?|five|ten)"

ORDER_PATTERNS = (
    rf"\b(?:ignore|disregard|forget|override|overrule|bypass|skip)\b{_NEAR}"
    rf"\b(?:above|previous|prior|earlier|all|any|your|these|the|other)\b{_NEAR}\b{_ORDERS}\b",
    rf"\b(?:you are|act as|pretend to be|behave as|roleplay as)\s+(?:now\s+)?(?:a|an|the|my)?\s*(?:\w+\s+){{0,3}}"
    rf"{_TO}\b",
    r"\b(?:new|updated|additional|important|special)\s+(?:\w+\s+)?(?:instructions?|directive|task)\b\s*(?:for\b|to\b|:)",
    rf"\b(?:note|message|attention|instruction|hint|memo|reminder|warning)s?\b[\s,:]*(?:to|for)\s+(?:the\s+|all\s+)?{_TO}\b",
    rf"\b(?:dear|hello|hi|hey|attention|attn)\b[\s,:]*(?:the\s+|all\s+)?{_TO}\b",
    r"\b(?:developer|debug|admin|god|jailbreak|sudo)\s+mode\b",
    r"\b(?:ignoriere|vergiss|ignora|olvida|ignorez|oubliez|negeer|ignoruj)\b[^.!?\n]{0,50}"
    r"(?:anweisung|instruc|consigne|opdracht|istruzion|instruk)",
    rf"\b(?:set|report|output|return|answer with|respond with|reply with)\b{_NEAR}\b"
    rf"(?:confidence|verdicts?|json)\b{_NEAR}",
    r"\bthis (?:overrides|supersedes|replaces)\b",
    rf"\b(?:do not|don't|stop|no need to)\s+(?:follow|obey|apply|use|consider)\b{_NEAR}\b{_ORDERS}\b",
    r"\b(?:system|security|safety)\s+(?:override|reset|update|alert)\b",
    r"\b(?:in|into|as|with|through)\s+(?:the|your)\s+feedback\b",
    r"\bas an? (?:ai|large language model|language model)\b",
    r"\b(?:pretend|imagine|suppose|assume|let's play|in this (?:scenario|game|exercise))\b[^.!?\n]{0,60}"
    r"\b(?:grad\w*|mark\w*|scor\w*|approv\w*|perfect (?:solution|answer)|every answer|the rest|correct behaviou?r)\b",
    r"\b(?:debug|test|eval(?:uation|uator)?|verdict|confidence|criterion|result)\b\s*(?:\w+\s*)?[:=|]\s*\**\s*"
    r"(?:all|met|pass\w*|high|excellent|full|max\w*|correct|verdict|the answer)\b",
    r"\b(?:must|should) be (?:counted|credited|accepted|approved|marked|counted)\b",
    rf"\b(?:you are|you're|u r|act|speak|write|read this|answer)\b[^.!?\n]{{0,20}}\b(?:a|an|the|my|as)\b"
    rf"[^.!?\n]{{0,25}}\b(?:{_TO}|professor|study buddy|sir|madam)\b",
    r"\b\w{0,3}(?:ignor|vergess|vergeet|oubli|olvid|dimentic|esquec|abaik|puuz)\w*\b[^.!?\n]{0,50}"
    r"\b(?:anweisung|instru[ck]|consign|opdracht|istruzion|regel|regl|regol|pokyn|arahan|maagizo|zasad|polecen)\w*",
    r"(?:игнорир\w+|забудь\w*)[^.!?\n]{0,40}(?:инструкц|правил)\w*|無視して|无视|忽略[^。]{0,12}(?:指示|指令|说明)"
    r"|무시하고|تجاهل|अनदेखा",
)
CLAIM_PATTERNS = (
    rf"\b(?:give|award|grant|assign|allocate|allot|put|deserves?|gets?|earns?|receives?|add)\b{_NEAR}"
    rf"\b{_MOST}\b[^.!?\n]{{0,20}}\b{_GRADE}\b",
    rf"\b(?:full|maximum|max|perfect|100\s*%)\s+(?:possible\s+)?{_GRADE}\b",
    r"\b(?:highest|top)\s+(?:possible\s+)?(?:marks?|scores?|grades?|credits?)\b",
    rf"\b(?:please|kindly|pls|plz)\b{_NEAR}\b(?:pass me|{_GRADE}|be (?:kind|generous|lenient))\b",
    rf"\b(?:mark|grade|score|treat|count|accept|consider|rate)\b{_NEAR}"
    r"\bas\s+(?:\w+\s+)?(?:correct|right|met|full|perfect|complete)\b",
    rf"\b(?:all|every|each)\s+(?:of the\s+)?(?:\w+\s+)?(?:criteri(?:a|on)|key ?points?|requirements?)\b{_NEAR}"
    r"\b(?:met|satisfied|fulfilled|correct|covered)\b",
    r"\b(?:this|the|my)\s+(?:student(?:'s)?\s+)?(?:answer|response|submission)\s+(?:is|was|has been|should be)\s+"
    r"(?:already\s+|fully\s+|completely\s+|100\s*%\s+|absolutely\s+)*"
    r"(?:correct|right|perfect|graded|marked|verified|approved|worth)\b",
    r"\b(?:teacher|examiner|grader|marker|moderator|invigilator|professor)(?:['’]s)?\s+"
    r"(?:note|comment|remark|decision|mark|verdict)s?\s*:",
    rf"^[^\S\n]*+(?:{_GRADE}|grade|result)\s*(?:awarded|given|obtained)?\s*[:=]\s*\d+(?:\s*(?:/|out of)\s*\d+)?",
    rf"^[^\S\n]*+(?:total|final)\s+{_GRADE}\s*[:=]?\s*\d+",
    r"(?<!\d)(?:\d*+\W{0,3}[✓✔]\s*){2,}",
    r"\b(?:pass|fail)(?:ed|ing|s)? me\b",
    rf"\b\d+\s+{_GRADE}\s+(?:awarded|given|agreed|by)\b|\bfor\s+\d+\s+marks\b",
    r"\b(?:max_?)?(?:marks?|grade|verdict|rubric)\s?(?:\.\w+\b|_\w+|\s*=+\s*\W?\w+)|\b\w+_(?:marks?|score|grade)\b",
    r"\b(?:print|select|grade|mark|setscore|get|give)\w*\s?\(\s*(?:answer|rubric|scheme|\d+)\s*\)",
    r"\bfrom\s+(?:scheme|rubric|criteria)\b|\bsudo\s+\w+",
    r"\b(?:criteri(?:on|a)|ao|points?)\s?\d\s*[:=-]?\s*(?:yes|met|full|done|ok|tick|\d\s?/\s?\d)\b",
    r"^[^\S\n]*+(?:accept|allow|credit|reject|do not (?:require|accept|allow|credit))\s*:",
    r"\bmark(?:ing)? scheme\b[^.!?\n]{0,20}(?:\b(?:reads|says|states|allows|accepts|wants)\b|:)",
)
REQUEST_PATTERNS = (
    rf"\b(?:translate|summari[sz]e|explain|complete|paraphrase|provide|compare)\b{_NEAR}"
    r"\b(?:your instructions|written above|above this line|keywords? you|marking scheme|the solution)\b",
    r"\bwhat would a (?:perfect|full|model|correct) (?:answer|response)\b",
    r"\b(?:in|into) your (?:comments?|reply|feedback)\b",
    r"\bwhat\b[^.!?\n]{0,40}\byou(?:'re| are| were)? (?:want|look|expect|hop)\w*\b[^.!?\n]{0,20}\?",
    r"\bevidence field\b|\balt text\b",
    r"\bsee (?:the )?(?:previous|next|other|last) page\b[^.!?\n]{0,60}\b(?:correct|full|complete)\b",
    r"\b(?:print|reveal|show|repeat|output|list|tell|display|write(?: out)?|disclose|leak|dump|quote|copy|include"
    rf"|share|give|what (?:is|are|was|were))\b{_NEAR}\b{_HIDDEN}",
)
MARKUP_PATTERN = (
    r"</?(?:div|span|p|b|i|script|style|hidden|comment|br|font|grade|mark|score)\b[^>\n]*>"
    r"|!\[[^\]\n]*\]\([^)\n]*\)|\\text\w*\{"
)
HEADER_PATTERNS = (
    r"^[^\S\n]*+#{2,}\s*(?:system|instruction|assistant|user|response)",
    r"^[^\S\n]*+(?:system|assistant|developer|user)\s*:|^[^\S\n]*+(?:role|content|status)\s*:\s*\w",
    r"\[\[[^\]\n]{0,80}\]\]|\{\{[^}\n]{0,80}\}\}|<\|\w+\|>",
    r"</?\s*\|?\s*(?:system|assistant|user|answer|student(?:_answer)?|data|instructions?|prompt|im_start|im_end)\b[^>\n]*>",
    r"\[/?inst\]",
    r"[\[(]\s*\d+\s*(?:/\s*\d+)?\s*(?:marks?|points?)\s*[\])]",
    r"(?<!-)-{3,}+\s*+(?:end|begin|start)\b[^\n]*",
    r"<!--.*?(?:-->|$)",
    MARKUP_PATTERN,
    r"\[(?:system|assistant|user)\]\s*\(",
    r"^[^\S\n]*+\|[^\n]*\b(?:criterion|verdict|met)\b[^\n]*",
    r"^[^\S\n]*+end of (?:the )?(?:student(?:['’]s)? )?(?:answer|response|submission)\b[^\n]*",
    r"\b(?:grader|marker|examiner|evaluator) now (?:writes|says|adds)\b",
)
PATTERNS = {
    name: tuple(LazyPattern(part, re.IGNORECASE | re.MULTILINE) for part in parts)
    for name, parts in (
        ("an order to the grader", ORDER_PATTERNS),
        ("a claim on marks", CLAIM_PATTERNS),
        ("a request for the scheme or the prompt", REQUEST_PATTERNS),
        ("a fake header", HEADER_PATTERNS),
    )
}
PLAIN_PATTERNS = tuple(pattern for name in list(PATTERNS)[:3] for pattern in PATTERNS[name])
# Whole lines and blocks that pretend not to be part of the answer, whatever they contain.
FAKE_BLOCK = LazyPattern(
    r"<!--.*?(?:-->|\Z)|<\|?im_start\|?>.*?(?:<\|?im_end\|?>|\Z)|\[inst\].*?(?:\[/inst\]|\Z)"
    r"|<(system|instructions?|prompt)>.*?(?:</\1>|\Z)"
    r"|^[^\S\n]*(?:q(?:uestion)?\.?\s*\d+|section\s+[a-z\d])\b[^\n]*[\[(]\s*\d+\s*(?:marks?|points?|m)\s*[\])][^\n]*$",
    re.IGNORECASE | re.MULTILINE | re.DOTALL,
)
# Quotes that may enclose a key; text without any of them has no key.
QUOTES = "\"'“”"
JSON_KEY = LazyPattern(
    rf"[{QUOTES}](?:verdicts?|marks?|score|criteria|criterion|confidence|role|content|grade|feedback|evidence|quote|met"
    rf"|result)[{QUOTES}]\s*:",
    re.IGNORECASE,
)
# Longer than any word of a natural language.
MIN_ENCODED_LENGTH = 28
ENCODED_TEXT = LazyPattern(
    rf"(?<![\w/+])(?=[\w/+]*[A-Z])(?=[\w/+]*[a-z])(?=[\w/+]*\d)[A-Za-z0-9+/]{{{MIN_ENCODED_LENGTH},}}={{0,2}}"
)
