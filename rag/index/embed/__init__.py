"""The multilingual embedder; the only package that knows sentence-transformers.

A model is a sentence-transformers folder. It is run by OpenVINO, converted once and then started without torch, or by torch
as it comes; both give the same vectors, to a cosine of 0.999.

Reading order: :mod:`~rag.index.embed.embedder` (what the rest of the program sees), :mod:`~rag.index.embed.interaction` (a
question and a passage token by token), :mod:`~rag.index.embed.graph` (the model as OpenVINO runs it),
:mod:`~rag.index.embed.eight_bits` (how it becomes quick), :mod:`~rag.index.embed.torch_encoder` (the model as it comes),
:mod:`~rag.index.embed.cluster` (a build's passages on a Ray cluster).
"""

from rag.index.embed.cluster import for_building
from rag.index.embed.embedder import Embedder, SentenceEmbedder, open_embedder

__all__ = ["Embedder", "SentenceEmbedder", "for_building", "open_embedder"]
