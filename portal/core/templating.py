"""Templates for readers without a request: mails and papers. Values are escaped in HTML; nothing is fetched."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template, select_autoescape
from jinja2.environment import TemplateModule
from jinja2.runtime import Context

from portal.core.sentences import sentences

TEMPLATES = Path(__file__).parent.parent / "templates"


class SharedMacros(Template):
    """A template whose macros are made once, not compared with the globals of every page that imports them: all
    templates have the same globals."""

    def _get_default_module(self, ctx: Context | None = None) -> TemplateModule:
        return super()._get_default_module()


@lru_cache(maxsize=8)
def environment(language: str) -> Environment:
    """The templates with the sentences of `language`."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.template_class = SharedMacros
    words = sentences(language)
    translated: Any = made
    translated.install_gettext_callables(words.catalogue.ugettext, words.catalogue.ungettext, newstyle=True)
    made.globals["language"] = words.language
    return made


def render(template: str, language: str, **values: Any) -> str:
    return environment(language).get_template(template).render(**values)
