// Command cilium-verdicts decides connections under NetworkPolicies and CiliumNetworkPolicies with
// Cilium's own policy engine.
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
	"log/slog"
	"net/netip"
	"os"

	"github.com/cilium/cilium/pkg/identity"
	"github.com/cilium/cilium/pkg/identity/identitymanager"
	"github.com/cilium/cilium/pkg/k8s"
	k8sconst "github.com/cilium/cilium/pkg/k8s/apis/cilium.io"
	ciliumv2 "github.com/cilium/cilium/pkg/k8s/apis/cilium.io/v2"
	networkingv1 "github.com/cilium/cilium/pkg/k8s/slim/k8s/api/networking/v1"
	"github.com/cilium/cilium/pkg/labels"
	"github.com/cilium/cilium/pkg/option"
	"github.com/cilium/cilium/pkg/policy"
	policyapi "github.com/cilium/cilium/pkg/policy/api"
	policytypes "github.com/cilium/cilium/pkg/policy/types"
	policyutils "github.com/cilium/cilium/pkg/policy/utils"
	testidentity "github.com/cilium/cilium/pkg/testutils/identity"
	testpolicy "github.com/cilium/cilium/pkg/testutils/policy"
	"github.com/cilium/cilium/pkg/u8proto"
)

const (
	namespaceLabel = "io.cilium.k8s.namespace.labels."
	// Policies are held to their own cluster, as Cilium does by default (policyDefaultLocalCluster).
	cluster = "default"
)

var logger = slog.New(slog.DiscardHandler)

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
	Port     uint16 `json:"port"`
}

type set struct {
	Policies    []json.RawMessage `json:"policies"`
	Connections []connection      `json:"connections"`
}

func main() {
	// World is one of two identities, by family, as in a cluster of both.
	option.Config.EnableIPv4, option.Config.EnableIPv6 = true, true
	policy.SetPolicyEnabled(option.DefaultEnforcement)
	policyapi.InitEntities(cluster)
	if err := run(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "cilium-verdicts:", err)
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
		found, err := one.verdicts()
		if err != nil {
			return err
		}
		if err := encoder.Encode(found); err != nil {
			return err
		}
	}
}

func (s *set) verdicts() ([]bool, error) {
	known := map[string]*identity.Identity{}
	all := identity.IdentityMap{}
	for _, one := range s.Connections {
		for _, end := range []peer{one.From, one.To} {
			key := end.key()
			if known[key] == nil {
				known[key] = end.identity(len(known))
				all[known[key].ID] = known[key].LabelArray
			}
		}
	}
	manager := identitymanager.NewIDManager(logger)
	repository := policy.NewPolicyRepository(
		logger, all, nil, nil, manager, testpolicy.NewPolicyMetricsNoop())
	repository.GetSelectorCache().SetLocalIdentityNotifier(testidentity.NewDummyIdentityNotifier())
	manager.Subscribe(testpolicy.SelectorCacheObserver{Cache: repository.GetSubjectSelectorCache()})
	for _, raw := range s.Policies {
		entries, err := parsed(raw)
		if err != nil {
			return nil, err
		}
		repository.MustAddPolicyEntries(entries)
	}
	found := make([]bool, len(s.Connections))
	for i, one := range s.Connections {
		protocol, err := u8proto.ParseProtocol(one.Protocol)
		if err != nil {
			return nil, err
		}
		flow := policytypes.Flow{
			From: known[one.From.key()], To: known[one.To.key()], Proto: protocol, Dport: one.Port,
		}
		verdict, _, _, err := policy.LookupFlow(logger, repository, manager, flow)
		if err != nil {
			return nil, err
		}
		found[i] = verdict.Allowed()
	}
	return found, nil
}

func parsed(raw json.RawMessage) (policytypes.PolicyEntries, error) {
	var kind struct {
		Kind string `json:"kind"`
	}
	if err := json.Unmarshal(raw, &kind); err != nil {
		return nil, err
	}
	if kind.Kind == "NetworkPolicy" {
		var one networkingv1.NetworkPolicy
		if err := json.Unmarshal(raw, &one); err != nil {
			return nil, err
		}
		return k8s.ParseNetworkPolicy(logger, cluster, &one)
	}
	var one interface {
		Parse(*slog.Logger, string) (policyapi.Rules, error)
	} = &ciliumv2.CiliumNetworkPolicy{}
	if kind.Kind == "CiliumClusterwideNetworkPolicy" {
		one = &ciliumv2.CiliumClusterwideNetworkPolicy{}
	}
	if err := json.Unmarshal(raw, one); err != nil {
		return nil, err
	}
	rules, err := one.Parse(logger, cluster)
	if err != nil {
		return nil, err
	}
	return policyutils.RulesToPolicyEntries(rules), nil
}

func (p *peer) key() string {
	text, _ := json.Marshal(p)
	return string(text)
}

// A peer without a namespace stands outside of the cluster.
func (p *peer) identity(number int) *identity.Identity {
	if p.Namespace == "" {
		address := netip.MustParseAddr(p.IP)
		outside := labels.GetCIDRLabelArray(netip.PrefixFrom(address, address.BitLen()))
		return identity.NewIdentityFromLabelArray(
			identity.IdentityScopeLocal+identity.NumericIdentity(number+1), outside)
	}
	found := labels.LabelArray{
		labels.NewLabel(k8sconst.PodNamespaceLabel, p.Namespace, labels.LabelSourceK8s),
		labels.NewLabel(k8sconst.PolicyLabelCluster, cluster, labels.LabelSourceK8s),
	}
	for key, value := range p.NamespaceLabels {
		found = append(found, labels.NewLabel(namespaceLabel+key, value, labels.LabelSourceK8s))
	}
	for key, value := range p.Labels {
		found = append(found, labels.NewLabel(key, value, labels.LabelSourceK8s))
	}
	return identity.NewIdentityFromLabelArray(
		identity.NumericIdentity(1000+number), found.Sort())
}
