"""check.py RENDERED CONFIG checks what the chart renders, and writes the gateway's configuration into CONFIG."""

import sys

import yaml


def main(rendered, config):
    with open(rendered) as f:
        docs = [d for d in yaml.safe_load_all(f) if d]
    kinds = {}
    for d in docs:
        kinds.setdefault(d["kind"], []).append(d)
        assert d["apiVersion"] and d["metadata"]["name"], d
        assert d["metadata"]["labels"]["app.kubernetes.io/name"] == "readback", d["metadata"]

    (sts,) = kinds["StatefulSet"]
    (container,) = sts["spec"]["template"]["spec"]["containers"]
    pod = sts["spec"]["template"]
    ports = {p["name"]: p["containerPort"] for p in container["ports"]}
    labels = pod["metadata"]["labels"].items()

    for service in kinds["Service"]:
        assert service["spec"]["selector"].items() <= labels, f"{service['metadata']['name']} selects other pods"
        assert service["spec"]["ports"], f"{service['metadata']['name']} has no port"
        for p in service["spec"]["ports"]:
            assert p["targetPort"] in ports, f"{p['targetPort']} is no port of the container"
    assert sts["spec"]["serviceName"] in [s["metadata"]["name"] for s in kinds["Service"]]
    assert sts["spec"]["selector"]["matchLabels"].items() <= labels
    (pdb,) = kinds["PodDisruptionBudget"]
    assert pdb["spec"]["selector"]["matchLabels"].items() <= labels
    for monitor in kinds.get("ServiceMonitor", []):
        wanted = monitor["spec"]["selector"]["matchLabels"].items()
        found = [s for s in kinds["Service"] if wanted <= s["metadata"]["labels"].items()]
        assert len(found) == 1, "the ServiceMonitor must select one service"
        names = [p["name"] for p in found[0]["spec"]["ports"]]
        assert all(e["port"] in names for e in monitor["spec"]["endpoints"])

    for probe, path in {"startupProbe": "/healthz", "livenessProbe": "/healthz", "readinessProbe": "/readyz"}.items():
        get = container[probe]["httpGet"]
        assert get["path"] == path and get["port"] in ports, probe

    volumes = {v["name"] for v in pod["spec"]["volumes"]} | {c["metadata"]["name"] for c in sts["spec"]["volumeClaimTemplates"]}
    assert {m["name"] for m in container["volumeMounts"]} == volumes
    assert pod["spec"]["securityContext"]["runAsNonRoot"] is True

    (secret,) = kinds["Secret"]
    text = secret["stringData"]["readback.yaml"]
    settings = yaml.safe_load(text)
    assert settings["ops"]["metrics_addr"].endswith(f":{ports['metrics']}")
    for name, addr in {"esme": settings["listen"].get("addr"), "esme-tls": settings["listen"].get("tls", {}).get("addr")}.items():
        assert (name in ports) == bool(addr) and (not addr or addr.endswith(f":{ports[name]}")), name
    with open(config, "w") as f:
        f.write(text)


main(*sys.argv[1:])
