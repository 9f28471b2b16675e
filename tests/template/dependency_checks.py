"""Checks the order in which CloudFormation creates resources, on a graph of what SAM makes of the template.

SAM turns one function into several resources, so that a template without a cycle as written can have one as deployed:
an S3 event makes the bucket wait for the function, whose environment may wait for the bucket. Linting the template as
written does not find this (`make check` lints the transformed one as well).
"""

from tests.template.cloudformation import Template, functions, of_type, references

Graph = dict[str, set[str]]

# Properties that do not become part of the function's own resource.
_OUTSIDE = frozenset({"Policies", "Events", "EventInvokeConfig", "DeploymentPreference"})


def graph(template: Template) -> Graph:
    """The resources that each resource has to wait for, by logical id.

    `X.Role`, `X.Alias`, `X.Invoke` and `X.Event` are the resources that SAM adds. An alias waits for the alarms that
    would roll its deployment back.
    """
    edges: Graph = {}
    for name, body in template["Resources"].items():
        edges[name] = references({key: value for key, value in body.items() if key != "Type"})
    for function in functions(template):
        body = function.properties
        inner = {key: value for key, value in body.items() if key not in _OUTSIDE}
        shared = {key: value for key, value in function.globals.items() if key not in _OUTSIDE}
        destination = references(body.get("EventInvokeConfig", {}))
        alias = f"{function.name}.Alias"
        rollout = [properties.get("DeploymentPreference", {}) for properties in (body, function.globals)]
        edges[function.name] = references([inner, shared]) | {f"{function.name}.Role"}
        edges[alias] = references(rollout) | {function.name}
        edges[f"{function.name}.Role"] = references(body.get("Policies", [])) | destination
        edges[f"{function.name}.Invoke"] = destination | {alias}
        for name, event in body.get("Events", {}).items():
            _add_event(edges, f"{function.name}.{name}", event, alias)
    for name, body in of_type(template, "AWS::Serverless::StateMachine").items():
        edges[name] = references({key: value for key, value in body.items() if key != "Policies"}) | {f"{name}.Role"}
        edges[f"{name}.Role"] = references(body.get("Policies", []))
    resources = set(edges)
    return {name: needed & resources for name, needed in edges.items()}


def _add_event(edges: Graph, name: str, event: dict[str, object], alias: str) -> None:
    body = event.get("Properties", {})
    assert isinstance(body, dict)
    if event["Type"] == "S3":
        # The bucket's notification names the function, and needs the permission first.
        edges[body["Bucket"]["Ref"]] |= {alias, name}
        edges[name] = {alias}
    elif event["Type"] == "HttpApi":
        # The API's OpenAPI definition names the function that answers.
        edges[body["ApiId"]["Ref"]] |= {alias}
        edges[name] = {alias, body["ApiId"]["Ref"]}
    else:
        edges[name] = references(body) | {alias}


def cycle(edges: Graph) -> list[str]:
    """The resources along one cycle, from a resource to itself; empty where there is no cycle."""
    done: set[str] = set()
    for start in sorted(edges):
        found = _find_cycle(edges, start, [], done)
        if found:
            return found
    return []


def _find_cycle(edges: Graph, name: str, path: list[str], done: set[str]) -> list[str]:
    if name in path:
        return [*path[path.index(name) :], name]
    if name in done:
        return []
    for needed in sorted(edges.get(name, ())):
        found = _find_cycle(edges, needed, [*path, name], done)
        if found:
            return found
    done.add(name)
    return []
