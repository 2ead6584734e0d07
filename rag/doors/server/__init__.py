"""The server: the desk, HTTP, OpenAI's protocol, MCP and a plain Gradio chat, all over one :class:`~rag.doors.service.Library`.

Reading order: :mod:`~rag.doors.server.problems` (errors as answers), :mod:`~rag.doors.server.guard` (who may ask, and how much),
:mod:`~rag.doors.server.asking`, :mod:`~rag.doors.server.reading`, :mod:`~rag.doors.server.keeping`,
:mod:`~rag.doors.server.batches` (HTTP), :mod:`~rag.doors.server.openai_told` and :mod:`~rag.doors.server.openai_door`,
:mod:`~rag.doors.server.mcp_door` with :mod:`~rag.doors.server.mcp_told`, :mod:`~rag.doors.server.gradio_door` (other doors),
:mod:`~rag.doors.server.app` (all of it mounted), :mod:`~rag.doors.server.run` (opened). ``static/`` holds the desk.
"""
