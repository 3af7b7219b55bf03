"""Chooses the inheritance of a generator."""

from app.generators.inherited.configuration import Configuration
from app.generators.inherited.eleventy import EleventyInheritance
from app.generators.inherited.hugo import HugoInheritance
from app.generators.inherited.jekyll import JekyllInheritance
from app.generators.inherited.python_sites import MaterialInheritance, NikolaInheritance, PelicanInheritance
from app.generators.inherited.values import FieldReader, Inheritance, NoInheritance
from app.generators.tree import ContentTree


def read_inheritance(tree: ContentTree, configuration: Configuration, reader: FieldReader) -> Inheritance:
    """Return what the pages of a blog are given from elsewhere, by the rules of its generator."""
    match configuration.generator:
        case "hugo":
            return HugoInheritance(tree, configuration, reader)
        case "jekyll":
            return JekyllInheritance(configuration)
        case "eleventy":
            return EleventyInheritance(tree, configuration, reader)
        case "nikola":
            return NikolaInheritance(tree, configuration, reader)
        case "pelican":
            return PelicanInheritance(configuration)
        case "material":
            return MaterialInheritance(tree, configuration, reader)
    return NoInheritance()
