// Command cyclonus-verdicts decides connections under NetworkPolicies with cyclonus' matcher.
//
// Each line of its input is a case, policies and connections, and so is each line of its output:
// for every connection whether it is allowed.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/mattfenwick/cyclonus/pkg/matcher"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
)

type peer struct {
	IP              string            `json:"ip"`
	Namespace       string            `json:"namespace"`
	NamespaceLabels map[string]string `json:"namespaceLabels"`
	Labels          map[string]string `json:"labels"`
}

type connection struct {
	From     peer   `json:"from"`
	To       peer   `json:"to"`
	Protocol string `json:"protocol"`
	Port     int    `json:"port"`
	PortName string `json:"portName"`
}

type set struct {
	Policies    []*networkingv1.NetworkPolicy `json:"policies"`
	Connections []connection                  `json:"connections"`
}

func main() {
	if err := run(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "cyclonus-verdicts:", err)
		os.Exit(1)
	}
}

func run(in io.Reader, out io.Writer) error {
	written := bufio.NewWriter(out)
	encoder, decoder := json.NewEncoder(written), json.NewDecoder(in)
	for {
		var one set
		if err := decoder.Decode(&one); errors.Is(err, io.EOF) {
			return written.Flush()
		} else if err != nil {
			return err
		}
		if err := encoder.Encode(one.verdicts()); err != nil {
			return err
		}
	}
}

func (s *set) verdicts() []bool {
	policy := matcher.BuildNetworkPolicies(false, s.Policies)
	found := make([]bool, len(s.Connections))
	for i, one := range s.Connections {
		found[i] = policy.IsTrafficAllowed(&matcher.Traffic{
			Source:           one.From.traffic(),
			Destination:      one.To.traffic(),
			ResolvedPort:     one.Port,
			ResolvedPortName: one.PortName,
			Protocol:         corev1.Protocol(one.Protocol),
		}).IsAllowed()
	}
	return found
}

// A peer without a namespace stands outside of the cluster.
func (p *peer) traffic() *matcher.TrafficPeer {
	found := &matcher.TrafficPeer{IP: p.IP}
	if p.Namespace != "" {
		found.Internal = &matcher.InternalPeer{
			Namespace:       p.Namespace,
			NamespaceLabels: p.NamespaceLabels,
			PodLabels:       p.Labels,
		}
	}
	return found
}
