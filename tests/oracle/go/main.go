// What a cluster will hold of a text, as kubectl and the API server read it.
//
// A line of standard input is a text in base64; a line of standard output is the answer in JSON:
// every object that kubectl would send, and what strict decoding into its type makes of it. The
// code that reads is Kubernetes' own; only the order of its calls is written here, after
// StreamVisitor and FlattenListVisitor of k8s.io/cli-runtime/pkg/resource/visitor.go.
package main

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"os"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apimachinery/pkg/util/yaml"
)

// object is one object that kubectl would send. Typed is what the API server makes of it, absent
// for a kind that is not known here; Refused says why the server does not take it, and Strict why
// it does not under strict validation, which is about fields that it does not know.
type object struct {
	Sent    json.RawMessage `json:"sent"`
	Typed   json.RawMessage `json:"typed,omitempty"`
	Refused string          `json:"refused,omitempty"`
	Strict  string          `json:"strict,omitempty"`
}

// answer holds the objects before Error, at which kubectl stops reading.
type answer struct {
	Objects []object `json:"objects"`
	Error   string   `json:"error,omitempty"`
}

var decoder runtime.Decoder

func init() {
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{
		appsv1.AddToScheme, batchv1.AddToScheme, corev1.AddToScheme, networkingv1.AddToScheme,
	} {
		if err := add(scheme); err != nil {
			panic(err)
		}
	}
	decoder = serializer.NewCodecFactory(scheme, serializer.EnableStrict).UniversalDeserializer()
}

func main() {
	in := bufio.NewReaderSize(os.Stdin, 1<<20)
	out := json.NewEncoder(os.Stdout)
	for {
		line, err := in.ReadBytes('\n')
		if err != nil {
			return
		}
		text, err := base64.StdEncoding.DecodeString(string(bytes.TrimSpace(line)))
		if err != nil {
			panic(err)
		}
		if err := out.Encode(read(text)); err != nil {
			panic(err)
		}
	}
}

func read(text []byte) answer {
	found := answer{Objects: []object{}}
	stream := yaml.NewYAMLOrJSONDecoder(bytes.NewReader(text), 4096)
	for {
		var document runtime.RawExtension
		if err := stream.Decode(&document); err != nil {
			if !errors.Is(err, io.EOF) {
				found.Error = err.Error()
			}
			return found
		}
		raw := bytes.TrimSpace(document.Raw)
		if len(raw) == 0 || bytes.Equal(raw, []byte("null")) {
			continue
		}
		decoded, _, err := unstructured.UnstructuredJSONScheme.Decode(raw, nil, nil)
		if err == nil {
			err = flatten(decoded, &found)
		}
		if err != nil {
			found.Error = err.Error()
			return found
		}
	}
}

// flatten adds the object, or all that are in it where it is a list.
func flatten(decoded runtime.Object, found *answer) error {
	waiting := []runtime.Object{decoded}
	for at := 0; at < len(waiting); at++ {
		if !meta.IsListType(waiting[at]) {
			one, err := judge(waiting[at])
			if err != nil {
				return err
			}
			found.Objects = append(found.Objects, one)
			continue
		}
		items, err := entries(waiting[at])
		if err != nil {
			return err
		}
		if failed := runtime.DecodeList(items, unstructured.UnstructuredJSONScheme); len(failed) > 0 {
			return errors.Join(failed...)
		}
		waiting = append(waiting, items...)
	}
	return nil
}

// entries are what is in a list. kubectl of this version refuses a list inside a list, older ones
// send it; what is in it is told all the same.
func entries(list runtime.Object) ([]runtime.Object, error) {
	if inner, ok := list.(*unstructured.Unstructured); ok {
		outer, err := inner.ToList()
		if err != nil {
			return nil, err
		}
		list = outer
	}
	return meta.ExtractList(list)
}

func judge(sent runtime.Object) (object, error) {
	if sent.GetObjectKind().GroupVersionKind().Kind == "" {
		return object{}, errors.New("an object without a kind")
	}
	text, err := runtime.Encode(unstructured.UnstructuredJSONScheme, sent)
	if err != nil {
		return object{}, err
	}
	one := object{Sent: text}
	typed, _, err := decoder.Decode(text, nil, nil)
	switch {
	case runtime.IsNotRegisteredError(err):
		return one, nil
	case runtime.IsStrictDecodingError(err) && typed != nil:
		one.Strict = err.Error()
	case err != nil:
		one.Refused = err.Error()
		return one, nil
	}
	one.Typed, err = json.Marshal(typed)
	return one, err
}
