"""Tokens of a question and of passages."""

from __future__ import annotations

import numpy as np
import pytest
from tokenizers import Tokenizer, models, pre_tokenizers, processors

from rag.errors import ModelError
from rag.index.embed.interaction import TextTokenizer, Tokens, weighted_max_sim
from rag.index.embed.torch_encoder import TorchEncoder

PREFIX = "query: "
WORDS = {"<s>": -1.0, "</s>": -1.0, "query:": -2.0, "the": -3.0, "bridge": -9.0, "opens": -6.0, "<unk>": -12.0}


@pytest.fixture(params=["unigram", "words"])
def folder(request, tmp_path):
    """A model folder whose tokenizer knows six words, with the chance of each or without."""
    if request.param == "unigram":
        tokenizer = Tokenizer(models.Unigram(list(WORDS.items()), unk_id=6))
    else:
        tokenizer = Tokenizer(models.WordLevel({word: at for at, word in enumerate(WORDS)}, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer.post_processor = processors.TemplateProcessing(single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 1)])
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    return tmp_path, request.param


def test_a_prefix_and_special_tokens_are_no_tokens_of_the_text_and_rare_ones_count_more(folder):
    where, kind = folder
    pieces = TextTokenizer(where, 6)
    texts = pieces.encode([PREFIX + "the bridge opens", PREFIX + "the"])
    assert [len(text.ids) for text in texts] == [6, 4]
    states = [np.arange(n)[:, None] * np.ones(2) for n in (6, 4)]
    long, short = pieces.tokens(texts, PREFIX, states)
    assert long.vectors[:, 0].tolist() == [2, 3, 4] and short.vectors[:, 0].tolist() == [2]
    assert long.rarity.tolist() == ([3, 9, 6] if kind == "unigram" else [1, 1, 1])


def test_a_text_longer_than_the_model_takes_is_cut(folder):
    pieces = TextTokenizer(folder[0], 6)
    [text] = pieces.encode([PREFIX + "the bridge opens " * 9])
    [tokens] = pieces.tokens([text], PREFIX, [np.zeros((len(text.ids), 2))])
    assert len(text.ids) == 6 and len(tokens.vectors) == 3


def test_nothing_meets_nothing():
    some, none = Tokens(np.ones((1, 2)), np.ones(1)), Tokens(np.zeros((0, 2)), np.zeros(0))
    assert weighted_max_sim(none, some) == weighted_max_sim(some, none) == 0.0


def test_a_model_without_a_transformer_is_one_error_that_says_what_to_set(tmp_path):
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import StaticEmbedding

    tokenizer = Tokenizer(models.WordLevel({word: at for at, word in enumerate(WORDS)}, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    SentenceTransformer(modules=[StaticEmbedding(tokenizer, embedding_dim=4)], device="cpu").save(str(tmp_path))
    encoder = TorchEncoder(tmp_path, 16, 2)
    assert encoder(["the bridge"]).shape == (1, 4)
    with pytest.raises(ModelError, match=r"retrieval\.token_weight"):
        encoder.tokens(["the bridge"], "")
