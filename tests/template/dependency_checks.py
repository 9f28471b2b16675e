"""The order in which CloudFormation must make things: a graph of what SAM will make of the template, without SAM.

SAM turns one function into several resources, and what is no loop as written can be one as deployed: an S3
event makes the bucket wait for the function, whose environment may wait for the bucket. The lint of the
template as written does not see it (`make check` lints the transformed one as well).
"""

from tests.template.cloudformation import Template, functions, of_type, references

Graph = dict[str, set[str]]

# What does not become part of the function itself.
_OUTSIDE = frozenset({"Policies", "Events", "EventInvokeConfig", "DeploymentPreference"})


def graph(template: Template) -> Graph:
    """Who has to be there before whom, by logical ids; `X.Role`, `X.Alias`, `X.Invoke` and `X.Event`
    are made by SAM. An alias waits for the alarms that would take its deployment back."""
    edges: Graph = {}
    for name, body in template["Resources"].items():
        edges[name] = references({key: value for key, value in body.items() if key != "Type"})
    for function in functions(template):
        body = function.properties
        inner = {key: value for key, value in body.items() if key not in _OUTSIDE}
        shared = {key: value for key, value in function.globals.items() if key not in _OUTSIDE}
        end = references(body.get("EventInvokeConfig", {}))
        alias = f"{function.name}.Alias"
        rollout = [places.get("DeploymentPreference", {}) for places in (body, function.globals)]
        edges[function.name] = references([inner, shared]) | {f"{function.name}.Role"}
        edges[alias] = references(rollout) | {function.name}
        edges[f"{function.name}.Role"] = references(body.get("Policies", [])) | end
        edges[f"{function.name}.Invoke"] = end | {alias}
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
        # The API's own description names the function that answers.
        edges[body["ApiId"]["Ref"]] |= {alias}
        edges[name] = {alias, body["ApiId"]["Ref"]}
    else:
        edges[name] = references(body) | {alias}


def cycle(edges: Graph) -> list[str]:
    """One loop, as the resources along it, or nothing."""
    done: set[str] = set()
    for start in sorted(edges):
        found = _walk(edges, start, [], done)
        if found:
            return found
    return []


def _walk(edges: Graph, name: str, path: list[str], done: set[str]) -> list[str]:
    if name in path:
        return [*path[path.index(name) :], name]
    if name in done:
        return []
    for needed in sorted(edges.get(name, ())):
        found = _walk(edges, needed, [*path, name], done)
        if found:
            return found
    done.add(name)
    return []
