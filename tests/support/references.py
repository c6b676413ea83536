"""Workloads whose settings name a Service, or do not: what each of them declares."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.support.applications import Resource, resource, service
from tests.support.applications import workload as deployment

DB = deployment("db", kind="StatefulSet")
DB_SERVICE = service("db", 5432)


@dataclass(frozen=True)
class Case:
    """Resources, and the flows that they declare, of one kind of declaration."""

    resources: list[Resource]
    flows: list[str]


def told(pod: Resource | None = None, *more: Resource, **container: Any) -> list[Resource]:
    """web is told something; there is a db in its own namespace, and a cache in another."""
    cache = deployment("redis", "cache", kind="StatefulSet")
    cache_service = service("redis", 6379, 16379, namespace="cache")
    web = deployment("web", pod=pod, **container)
    return [web, DB, DB_SERVICE, cache, cache_service, *more]


def env(text: str) -> list[Resource]:
    """web has this text in its environment."""
    return told(env=[{"name": "ANY", "value": text}])


def config_map(text: str, namespace: str = "shop") -> Resource:
    """A ConfigMap that holds this text."""
    return resource("v1", "ConfigMap", "settings", namespace, data={"any": text})


TO_DB = "shop/web -> shop/db 5432/TCP"
TO_CACHE = ["shop/web -> cache/redis 6379/TCP", "shop/web -> cache/redis 16379/TCP"]

REFERENCES: dict[str, Case] = {
    "name": Case(env("db"), [TO_DB]),
    "name with port": Case(env("db:5432"), [TO_DB]),
    "a port that the Service has not": Case(env("db:1"), []),
    "name in a URL": Case(env("postgres://user:pw@db/shop?sslmode=off"), [TO_DB]),
    "name with port in a URL": Case(env("jdbc:postgresql://db:5432/shop"), [TO_DB]),
    "name with its namespace": Case(env("redis.cache"), TO_CACHE),
    "name with svc": Case(env("redis.cache.svc:6379"), TO_CACHE[:1]),
    "whole name": Case(env("redis.cache.svc.cluster.local"), TO_CACHE),
    "whole name with its final dot": Case(env("redis.cache.svc.cluster.local."), TO_CACHE),
    "whole name in a URL": Case(env("redis://redis.cache.svc.cluster.local:6379/0"), TO_CACHE[:1]),
    "name in a list": Case(env("db:5432,redis.cache:6379"), [TO_DB, TO_CACHE[0]]),
    "name between quotes": Case(env('{"url": "tcp://db:5432"}'), [TO_DB]),
    "name of a namespace that is not its own": Case(env("redis"), []),
    "argument": Case(told(args=["--db", "db:5432"]), [TO_DB]),
    "option": Case(told(args=["--db=db"]), [TO_DB]),
    "command": Case(told(command=["sh", "-c", "nc -z db:5432 && serve"]), [TO_DB]),
    "init container": Case(
        told({"initContainers": [{"name": "wait", "args": ["db:5432"]}]}), [TO_DB]
    ),
    "ConfigMap, all of it": Case(
        told(None, config_map("db:5432"), envFrom=[{"configMapRef": {"name": "settings"}}]),
        [TO_DB],
    ),
    "ConfigMap, a key of it": Case(
        told(
            None,
            config_map("db"),
            env=[
                {
                    "name": "DB",
                    "valueFrom": {"configMapKeyRef": {"name": "settings", "key": "any"}},
                }
            ],
        ),
        [TO_DB],
    ),
    "ConfigMap as a file": Case(
        told(
            {"volumes": [{"name": "etc", "configMap": {"name": "settings"}}]},
            config_map("[server]\nport = 80\n[database]\nurl = postgres://db:5432/shop\n"),
        ),
        [TO_DB],
    ),
    "ConfigMap as a file with quotes": Case(
        told(
            {"volumes": [{"name": "etc", "configMap": {"name": "settings"}}]},
            config_map('database: "db:5432"\n'),
        ),
        [TO_DB],
    ),
    "ConfigMap that it does not read": Case(told(None, config_map("db:5432")), []),
    "ConfigMap of another namespace": Case(
        told(
            None,
            config_map("db:5432", "cache"),
            envFrom=[{"configMapRef": {"name": "settings"}}],
        ),
        [],
    ),
    "Secrets are not read": Case(
        told(
            {"volumes": [{"name": "etc", "secret": {"secretName": "settings"}}]},
            resource("v1", "Secret", "settings", "shop", stringData={"any": "db:5432"}),
            envFrom=[{"secretRef": {"name": "settings"}}],
        ),
        [],
    ),
    "word of a sentence": Case(env("the db of the shop"), []),
    "word of a script": Case(told(command=["sh", "-c", "migrate db up"]), []),
    "name of an option": Case(told(args=["--db", "-db", "--db=/tmp"]), []),
    "name of a variable": Case(told(env=[{"name": "db", "value": "1"}]), []),
    "part of a path": Case(told(args=["/var/lib/db", "--dir=/srv/db/data"]), []),
    "program": Case(told(command=["/usr/local/bin/db"]), []),
    "part of another name": Case(env("mydb:5432 db-1:5432 db.example.com"), []),
}
