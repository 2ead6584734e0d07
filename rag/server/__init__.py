"""The server: the desk, HTTP, OpenAI's protocol, MCP and a plain Gradio chat, all over one :class:`~rag.service.Library`.

Reading order: :mod:`~rag.server.problems` (errors as answers), :mod:`~rag.server.guard` (who may ask, and how much),
:mod:`~rag.server.asking`, :mod:`~rag.server.reading`, :mod:`~rag.server.keeping`, :mod:`~rag.server.batches` (HTTP),
:mod:`~rag.server.openai_told` and
:mod:`~rag.server.openai_door`, :mod:`~rag.server.mcp_door`, :mod:`~rag.server.gradio_door` (other doors),
:mod:`~rag.server.app` (all of it mounted), :mod:`~rag.server.run` (opened). ``static/`` holds the desk.
"""
