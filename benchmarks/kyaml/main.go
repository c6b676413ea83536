// The least that a function on kyaml's framework does for the policies that imds-guard writes by
// default: read the ResourceList, find the namespaces, append three policies to each, write it.
// It audits nothing.
package main

import (
	_ "embed"
	"fmt"
	"os"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/fn/framework"
	"sigs.k8s.io/kustomize/kyaml/yaml"
)

//go:embed policies.yaml
var policies string

func main() {
	if err := framework.Execute(framework.ResourceListProcessorFunc(guard), nil); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func guard(list *framework.ResourceList) error {
	var templates []*yaml.RNode
	for _, text := range strings.Split(policies, "---\n") {
		template, err := yaml.Parse(text)
		if err != nil {
			return err
		}
		templates = append(templates, template)
	}
	for _, namespace := range namespaces(list.Items) {
		for _, template := range templates {
			// A copy costs less than parsing the text once more.
			policy := template.Copy()
			if err := policy.SetNamespace(namespace); err != nil {
				return err
			}
			list.Items = append(list.Items, policy)
		}
	}
	return nil
}

// namespaces tells those that the list declares or has Deployments in, each once, as they come.
func namespaces(items []*yaml.RNode) []string {
	var found []string
	seen := map[string]bool{}
	for _, item := range items {
		var name string
		switch item.GetKind() {
		case "Namespace":
			name = item.GetName()
		case "Deployment":
			name = item.GetNamespace()
		default:
			continue
		}
		if !seen[name] {
			seen[name] = true
			found = append(found, name)
		}
	}
	return found
}
