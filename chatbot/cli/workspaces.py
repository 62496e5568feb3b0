"""What commands of a workspace share: finding it by its name."""

from chatbot.domain.workspace import Workspace
from chatbot.errors import NotFound, Rejected
from chatbot.store.unit import Store


async def workspace_named(store: Store, slug: str) -> Workspace:
    """
    Raises:
        Rejected: There is none; the sentence names those there are.
    """
    async with store.directory() as directory:
        try:
            return await directory.workspace(slug=slug)
        except NotFound as error:
            there = ", ".join(one.slug for one in await directory.workspaces())
            hint = f"there are {there}" if there else "make one with `chatbot demo`"
            raise Rejected(f"There is no workspace {slug!r}; {hint}.") from error
