"""The multilingual embedding model. Only this package uses sentence-transformers.

A model is a sentence-transformers folder. OpenVINO runs it (converted once, then loaded without torch), or torch does. The vectors
agree to a cosine of 0.999.

Reading order: :mod:`~rag.index.embed.embedder` (the interface), :mod:`~rag.index.embed.interaction` (scores by tokens),
:mod:`~rag.index.embed.graph` (OpenVINO), :mod:`~rag.index.embed.eight_bits` (quantisation),
:mod:`~rag.index.embed.torch_encoder` (torch), :mod:`~rag.index.embed.cluster` (Ray).
"""

from rag.index.embed.cluster import for_building
from rag.index.embed.embedder import Embedder, SentenceEmbedder, open_embedder

__all__ = ["Embedder", "SentenceEmbedder", "for_building", "open_embedder"]
