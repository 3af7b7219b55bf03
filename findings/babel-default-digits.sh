#!/usr/bin/env bash
# Babel 2.19.0 (PyPI): the digits of numbering_system="default".
#
# CLDR gives each locale a default numbering system: Persian has arabext, Central Kurdish arab, Bengali beng
# (https://www.unicode.org/reports/tr35/tr35-numbers.html#defaultNumberingSystem). Asked for it, format_decimal takes the
# separators of that system and keeps the digits of ASCII. Where the system's separators are those of Latin, nothing
# changes at all. ICU, and so every browser's Intl.NumberFormat, replaces the digits too.
#
# So a page whose server formats with Babel and whose script formats with Intl shows one number in two scripts, and a
# Persian number in a mixture. The digits must be translated beside Babel.
# Output seen: "fa arabext: 1٬234٫5", "ckb arab: 1٬234٫5", "bn beng: 1,234.5", "digits of ASCII: True".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/python"
"$folder/python/bin/pip" install --quiet --disable-pip-version-check babel==2.19.0
seen=$(PYTHONIOENCODING=utf-8 "$folder/python/bin/python" - <<'PYTHON'
from babel import Locale
from babel.numbers import format_decimal

texts = {}
for tag in ("fa", "ckb", "bn"):
    texts[tag] = format_decimal(1234.5, locale=tag, numbering_system="default")
    print(f"{tag} {Locale.parse(tag).default_numbering_system}: {texts[tag]}")
digits = {character for text in texts.values() for character in text if character.isdigit()}
print(f"digits of ASCII: {digits <= set('0123456789')}")
PYTHON
)
echo "$seen"
test "$seen" = "fa arabext: 1٬234٫5
ckb arab: 1٬234٫5
bn beng: 1,234.5
digits of ASCII: True"
