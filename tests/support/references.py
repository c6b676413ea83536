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


def env(text: str, name: str = "ANY", **others: str) -> list[Resource]:
    """web has this text in its environment."""
    variables = {name: text, **others}
    return told(env=[{"name": key, "value": value} for key, value in variables.items()])


def itself(name: str, **spec: Any) -> list[Resource]:
    """db has this name in its environment, and a Service of this spec in front."""
    db = deployment("db", kind="StatefulSet", env=[{"name": "URL", "value": f"tcp://{name}:5432"}])
    return [db, service("db", 5432, **spec)]


def config_map(text: str, namespace: str = "shop") -> Resource:
    """A ConfigMap that holds this text."""
    return resource("v1", "ConfigMap", "settings", namespace, data={"any": text})


TO_DB = "shop/web -> shop/db 5432/TCP"
TO_CACHE = ["shop/web -> cache/redis 6379/TCP", "shop/web -> cache/redis 16379/TCP"]

REFERENCES: dict[str, Case] = {
    **{
        f"word under {key}": Case(env("db", key), [TO_DB])
        for key in (
            *("DB_HOST", "DB_HOSTNAME", "HOST", "DB_ADDR", "DB_ADDRESS", "DB_URL", "DB_SERVICE"),
            *("DB_ENDPOINT", "DB_SERVER", "DB_BROKERS", "dbHost", "db-host", "db.host"),
        )
    },
    **{
        f"word under {key}": Case(env("db", key), [])
        for key in ("DB", "DB_NAME", "QUEUE_DRIVER", "GHOST", "HOSTED", "DB_HOST_NAME_PREFIX")
    },
    "words of a list": Case(env("x,db", "KAFKA_BROKERS"), [TO_DB]),
    "word of a sentence under a host's key": Case(env("ask db or x", "DB_HOST"), []),
    "port of the variable beside it": Case(
        told(
            env=[
                {"name": "REDIS_HOST", "value": "redis.cache"},
                {"name": "REDIS_PORT", "value": "6379"},
            ]
        ),
        TO_CACHE[:1],
    ),
    "name in a variable of another": Case(env("http://$(NAME):5432", "URL", NAME="db"), [TO_DB]),
    "name in a variable of an argument": Case(
        told(args=["--to", "$(NAME):5432"], env=[{"name": "NAME", "value": "db"}]), [TO_DB]
    ),
    "itself": Case(itself("db"), []),
    "itself, by the Service that means the pods": Case(
        itself("db", clusterIP="None"), ["shop/db -> shop/db 5432/TCP"]
    ),
    "itself, by the name of a pod": Case(
        itself("db-0.db.shop.svc"), ["shop/db -> shop/db 5432/TCP"]
    ),
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
    "option": Case(told(args=["--db-host=db"]), [TO_DB]),
    "option with its value behind it": Case(told(args=["--db-host", "db"]), [TO_DB]),
    "option that is no host": Case(told(args=["--db=db", "--with", "db"]), []),
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
            config_map("db:5432"),
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
    "ConfigMap as a file with a word": Case(
        told(
            {"volumes": [{"name": "etc", "configMap": {"name": "settings"}}]},
            config_map("driver: db\ndatabase:\n  host: db\n"),
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
