"""Generators behind one Protocol; endpoints are spoken to over loopback."""

from __future__ import annotations

import http.server
import json
import socket
import threading

import pytest

from rag.config import Generation
from rag.errors import GenerationError, ModelError
from rag.generate import Prompt, complete
from rag.generate.choose import open_generator
from rag.generate.protocol import Draft, until_stop

PROMPT = Prompt("read", "照抄。", "问题:几座?")


class Chat(http.server.BaseHTTPRequestHandler):
    """An OpenAI-compatible server that streams one answer and remembers what it was asked."""

    asked: list[dict] = []

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.asked.append({"path": self.path, "key": self.headers.get("Authorization"), **body})
        if self.headers.get("Authorization") == "Bearer wrong":
            self.send_error(401)
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        for piece in ("47", "座"):
            chunk = {"choices": [{"delta": {"content": piece}}]}
            self.wfile.write(f"data: {json.dumps(chunk)}\n\n".encode())
        self.wfile.write(b"data: [DONE]\n\n")

    def log_message(self, *_):
        pass


@pytest.fixture
def endpoint():
    Chat.asked.clear()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Chat)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/v1"
    server.shutdown()
    server.server_close()


def opened(**settings):
    return open_generator(Generation(backend="openai", model="m", **settings), lambda name: pytest.fail("no model is needed"))


def test_an_endpoint_streams_and_gets_the_key_from_the_environment(endpoint, monkeypatch):
    monkeypatch.setenv("MY_KEY", "secret")
    generator = opened(endpoint=endpoint, api_key_env="MY_KEY")
    assert list(generator.write(PROMPT, max_tokens=9, stop=("\n",))) == ["47", "座"]
    asked = Chat.asked[0]
    assert (asked["path"], asked["key"], asked["model"], asked["temperature"]) == ("/v1/chat/completions", "Bearer secret", "m", 0)
    assert asked["messages"] == [{"role": "system", "content": "照抄。"}, {"role": "user", "content": "问题:几座?"}]


def test_a_refused_key_is_told_without_the_key(endpoint, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "wrong")
    with pytest.raises(GenerationError, match=r"401 .*generation\.api_key_env") as caught:
        complete(opened(endpoint=endpoint), PROMPT, max_tokens=9)
    assert "wrong" not in str(caught.value).replace("wrong with", "")


def test_an_endpoint_that_falls_silent_is_given_up_after_the_time_that_is_set():
    silent = socket.create_server(("127.0.0.1", 0))  # takes the connection, and never answers
    with silent, pytest.raises(GenerationError, match="no answer"):
        complete(opened(endpoint=f"http://127.0.0.1:{silent.getsockname()[1]}/v1", timeout=1), PROMPT, max_tokens=9)


def test_an_endpoint_that_is_down_is_one_error():
    with pytest.raises(GenerationError, match=r"no answer .*check generation\.endpoint"):
        complete(opened(endpoint="http://127.0.0.1:9/v1"), PROMPT, max_tokens=9)


def test_a_missing_endpoint_is_one_error():
    with pytest.raises(GenerationError, match=r"generation\.endpoint is ''"):
        opened()


def test_auto_takes_llamacpp_for_a_file_that_openvino_cannot_read(monkeypatch, tmp_path, caplog):
    file = tmp_path / "model.gguf"
    file.write_bytes(b"no such kind of number")
    monkeypatch.setenv("WENBAO_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("rag.models.processor.has_bfloat16", lambda: True)
    monkeypatch.setattr("rag.generate.llamacpp.LlamaCpp", lambda path, **settings: ("llama.cpp", path))
    assert open_generator(Generation(backend="auto"), lambda name: file) == ("llama.cpp", file)
    assert "cannot be loaded by openvino-genai" in caplog.text
    assert not list((tmp_path / "cache").rglob("*.partial"))


@pytest.mark.parametrize("backend", ["llamacpp", "openvino", "transformers"])
def test_a_file_that_is_no_model_is_one_error(backend, tmp_path):
    file = tmp_path / "no.gguf"
    file.write_bytes(b"this is no model")
    with pytest.raises(ModelError, match=r"no\.gguf"):
        open_generator(Generation(backend=backend), lambda name: file)


@pytest.mark.parametrize("pieces", [["47\n座"], ["4", "7", "\n", "座"], ["47", "\n座"]])
def test_text_ends_at_the_stop_string_however_it_is_cut(pieces):
    assert "".join(until_stop(iter(pieces), ["\n"])) == "47"


def test_the_log_probability_comes_with_the_end_of_a_text_even_behind_a_stop_string():
    def written():
        yield from ["47", "\n", "座"]
        return -0.5

    draft = Draft(until_stop(written(), ["\n"]))
    assert list(draft) == ["47"] and draft.text == "47" and draft.log_probability == -0.5


def tiny_causal(folder):
    """A causal model of a few kilobytes with a tokenizer of its own."""
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    words = {w: i for i, w in enumerate(dict.fromkeys(["<unk>", "</s>", *"照抄问题几座47:。?"]))}
    tokenizer = Tokenizer(models.WordLevel(words, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, unk_token="<unk>", eos_token="</s>").save_pretrained(folder)
    config = LlamaConfig(vocab_size=len(words), hidden_size=16, intermediate_size=16, num_hidden_layers=1,
                         num_attention_heads=2, num_key_value_heads=2, eos_token_id=None, bos_token_id=None)
    LlamaForCausalLM(config).save_pretrained(folder)


def test_any_causal_model_of_a_folder_writes_the_same_text_twice(tmp_path):
    tiny_causal(tmp_path)
    generator = open_generator(Generation(backend="transformers", threads=1), lambda name: tmp_path)
    first = complete(generator, PROMPT, max_tokens=5)
    assert complete(generator, PROMPT, max_tokens=5) == first
