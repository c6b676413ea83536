//go:build tools

// Package kuberouter names the enforcer, so that go.mod and go.sum pin all that it is built of.
package kuberouter

import _ "github.com/cloudnativelabs/kube-router/v2/cmd/kube-router"
