"""A stream is cut as kubectl cuts it, or refused; a ResourceList is one, or refused."""

from __future__ import annotations

import pytest

from imds_guard.resources import resources
from imds_guard.wire import InputError, Listing, read


def kinds_of(data: bytes) -> list[str]:
    return [one.kind for one in resources(read(data))]


@pytest.mark.parametrize(
    "text, line",
    [
        # kubectl takes the first document of what stands between two `---`.
        ("kind: A\n...\nkind: B\n", 3),
        ("kind: A\n...\n# c\n\nkind: B\n", 5),
        ("kind: A\n... # c\n...x\n", 3),
        ("kind: A\n...\n...# c\n", 3),
        ("kind: A\n...\n'b'\n---\nkind: B\n", 3),
        ("kind: A\r--- \rkind: B\r", 1),
        ("kind: A\r...\rkind: B\r", 3),
        # ... and nothing that stands on a marker's line.
        ("kind: A\n--- {kind: B}\n", 2),
        ("---foo\nkind: A\n", 1),
        ("---#c\nkind: A\n", 1),
        ("--- # c\rkind: A\n", 1),
        ("kind: A\n---\u00a0\nkind: B\n", 2),
        ("kind: A\n... kind: B\n", 2),
        # Directives, and an end without a document.
        ("%YAML 1.1\n---\nkind: A\n", 1),
        ("# c\n%TAG ! x\n---\nkind: A\n", 2),
        ("...\nkind: A\n", 2),
        ("# c\n...\n", 2),
        ("kind: A\n---\n...\n", 3),
    ],
)
def test_what_kubectl_drops_or_refuses_is_an_error(text: str, line: int) -> None:
    with pytest.raises(InputError) as error:
        kinds_of(text.encode())
    assert error.value.place.line == line


@pytest.mark.parametrize(
    "text, kinds",
    [
        ("kind: A\n...\n", ["A"]),
        ("kind: A\n...\n# c\n...\n\n---\nkind: B\n...", ["A", "B"]),
        ("---\n---\t# c\nkind: A\n--- # c\n\n---\n# c\n---\nkind: B\n", ["A", "B"]),
        ("\ufeff---\nkind: A\n", ["A"]),
        ("kind: A\ntext: |\n  ...\n  ---\n", ["A"]),
        ("kind: A\r\n...\r\n---\r\nkind: B\r\n", ["A", "B"]),
    ],
)
def test_what_kubectl_reads_is_read(text: str, kinds: list[str]) -> None:
    assert kinds_of(text.encode()) == kinds


LIST = "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\n"


@pytest.mark.parametrize(
    "text",
    [
        "kind: ResourceList\nitems: []\n",
        "{kind: ResourceList, items: []}\n",
        '{"kind": "ResourceList", "items": []}',
        "apiVersion: v1\nkind: ResourceList\nitems: []\n",
        LIST + "items: {}\n",
        LIST + "items: a\n",
        LIST + "items:\n  kind: A\n",
        '{"apiVersion": "config.kubernetes.io/v1", "kind": "ResourceList", "items": {}}',
        f"kind: A\n---\n{LIST}items: []\n",
        # By an escape, and inside another list.
        'apiVersion: config.kubernetes.io/v1\nkind: "\\x52esourceList"\nitems: []\n',
        LIST + "items:\n- kind: ResourceList\n  items: []\n",
    ],
)
def test_a_resource_list_is_whole_or_an_error(text: str) -> None:
    with pytest.raises(InputError) as error:
        kinds_of(text.encode())
    assert error.value.place.line is not None


def listed(*items: str) -> Listing:
    return read((LIST + "items:\n" + "".join(f"- {one}\n" for one in items)).encode())


@pytest.mark.parametrize(
    "text, found",
    [
        ("kind: ConfigMap\nitems:\n- kind: A\n- kind: B\n", ["A", "B"]),
        ("kind: ConfigMap\nitems: [{kind: A}]\n", ["A"]),
        ('{"kind": "Thing", "items": [{"kind": "A"}]}', ["A"]),
        ("kind: List\nitems:\n- kind: B\n  items:\n  - kind: C\n- kind: D\n", ["C", "D"]),
        ("kind: List\nitems: []\n", []),
        ("kind: NetworkPolicy\nitems: []\n", []),
        ("kind: List\nitems:\n", []),
        (
            "kind: PodList\napiVersion: v1\nitems:\n- metadata:\n    name: a\n- kind: B\n",
            ["Pod", "B"],
        ),
        ('"items": [{kind: A}]\nkind: B\n', ["A"]),
    ],
)
def test_every_object_with_items_is_a_list(text: str, found: list[str]) -> None:
    assert kinds_of(text.encode()) == found


def test_an_entry_of_a_typed_list_has_its_version_too() -> None:
    text = "kind: DeploymentList\napiVersion: apps/v1\nitems: [{metadata: {name: a}}]\n"
    (found,) = resources(read(text.encode()))
    assert (found.address.api_version, found.kind, found.group) == ("apps/v1", "Deployment", "apps")


@pytest.mark.parametrize(
    "text, line, field",
    [
        ("kind: List\nitems: {}\n", 2, "items"),
        ("kind: List\nitems: a\n", 2, "items"),
        ("kind: ConfigMap\nitems:\n", 2, "items"),
        ("kind: List\nitems:\n- kind: A\n  items: a\n", 4, "items[0].items"),
        ("kind: List\napiVersion: v1\nitems:\n- metadata: {name: a}\n", 4, "items[0]"),
        ("kind: PodList\napiVersion: v1\nitems:\n- apiVersion: v1\n", 4, "items[0]"),
        ("items: [{kind: A}]\n", 1, ""),
        ("kind: A\nmetadata:\n  name: 80\n", 3, "metadata.name"),
        ("kind: A\nmetadata: {name: a, namespace: on}\n", 2, "metadata.namespace"),
        ('{"kind": "A", "metadata": {"name": true}}', 1, "metadata.name"),
        ("kind: List\nitems:\n- kind: A\n  apiVersion: a/b/c\n", 4, "items[0]"),
    ],
)
def test_what_no_cluster_takes_is_refused(text: str, line: int, field: str) -> None:
    with pytest.raises(InputError) as error:
        kinds_of(text.encode())
    assert (error.value.place.line, error.value.place.field) == (line, field)


def test_local_configuration_is_hidden_in_a_resource_list_alone() -> None:
    local = "metadata: {annotations: {config.kubernetes.io/local-config: 'true'}}"
    (inside,) = resources(listed(f"{{kind: A, {local}}}"))
    assert inside.is_local_config
    (applied,) = resources(read(f"kind: A\n{local}\n".encode()))
    assert not applied.is_local_config
    # A tool's own file may have items of another shape.
    (tool,) = resources(listed(f"{{kind: A, items: a, {local}}}"))
    assert tool.is_local_config


@pytest.mark.parametrize(
    "text, column",
    [
        ('{"kind": "A", "a": "\\ud800"}', 21),
        ('{"kind": "A", "a": "x\\udc00"}', 22),
        ('{"kind": "A", "a": "\\ud800\\u0041"}', 21),
        ('{"kind": "A", "a": "\\ud800", "b": "\\udc00"}', 21),
        ('{"kind": "A", "\\uDFFF": 1}', 16),
    ],
)
def test_half_a_surrogate_pair_is_refused(text: str, column: int) -> None:
    with pytest.raises(InputError) as error:
        kinds_of(text.encode())
    assert error.value.place.column == column


def test_a_whole_surrogate_pair_is_text() -> None:
    (found,) = resources(read(b'{"kind": "A", "metadata": {"name": "\\ud83d\\ude00 \\\\ud800"}}'))
    assert found.address.name == "\U0001f600 \\ud800"


def test_what_json_has_no_number_for_is_read_as_yaml() -> None:
    """kubectl falls back to YAML, in which these are strings."""
    listing = read(b'{"kind": "A", "a": NaN, "b": 1e400}')
    assert listing.top is not None
    value = listing.top.entries[0].item.value()
    assert [type(value[key]) for key in "ab"] == [str, str]


@pytest.mark.parametrize("end", ["\r", "\r\n", "\n", ""])
def test_what_is_added_behind_any_end_of_a_text_is_a_document(end: str) -> None:
    listing = read(f"kind: A\r\nb: c{end}".encode())
    listing.append({"kind": "B", "metadata": {"name": "b"}})
    assert kinds_of(b"".join(listing.render())) == ["A", "B"]
