package platform

import (
	"fmt"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
	"time"

	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/literal"
	"cuelang.org/go/cue/token"
)

// form is what a definition of the schema wants of a text, in words.
type form struct {
	// wanted with an example.
	wanted string
	// mend gives what was meant, where that can be told; else an empty text.
	mend func(text string) string
}

// forms by the name of the schema's definition.
var forms = map[string]form{
	"#Memory":         {`a whole number of Mi, Gi or Ti, such as "32Gi"`, memoryMeant},
	"#CPU":            {`a text with a number of cores, such as "4", or of thousandths, such as "500m"`, cpuMeant},
	"#Duration":       {`hours, minutes and seconds as in "90s", "30m" or "1h30m"`, durationMeant},
	"#Name":           {`lower-case letters, digits and dashes, at most 63, such as "gpu-pool"`, nameMeant},
	"#GitURL":         {`an https address such as "https://github.com/example/notebooks"; credentials are stated beside it, in git`, repositoryMeant},
	"#CIDR":           {`an address with the length of its prefix, such as "192.0.2.0/24", or "192.0.2.7/32" for one alone`, networkMeant},
	"#RegistryPrefix": {`a host in lower case with an optional port and path, such as "registry.example.com/team"`, registryMeant},
	"#HostName":       {`the name of a host, such as "github.com" or "*.example.com", without https://`, hostMeant},
	"#Digest":         {`a digest such as "sha256:" and 64 hexadecimal digits, as tenon image lock writes it`, nil},
	"#PinnedImage":    {`a whole reference with its digest, such as "registry.example.com/team/image:1.2@sha256:...", as tenon image lock finds it`, nil},
	"#LabelKey":       {`a label's key, such as "example.com/pool"`, nil},
	"#PrefixedKey":    {`a label's key with a prefix that says whose it is, such as "example.com/pool"`, nil},
	"#LabelValue":     {`a label's value: at most 63 letters, digits, dashes, dots and underscores`, nil},
	"#EnvName":        {`a name that a shell can read, such as CUDA_DEVICE_ORDER`, nil},
	"#NotebookPath":   {`a path from the root of the repository, such as "notebooks/train.ipynb"`, pathMeant},
	"#Glob":           {`a name, or a pattern with * and **, such as "release/*"`, nil},
}

// others are forms of fields that have no definition of their own, by their pattern.
var others = map[string]form{
	`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`:  {`the name of a bucket: 3 to 63 lower-case letters, digits, dots and dashes`, nameMeant},
	`^https://`:                           {`an address that begins with https://`, secureMeant},
	`^[1-9][0-9]*Gi$`:                     {`a whole number of Gi, such as "80Gi"`, memoryMeant},
	`^[1-9][0-9]*h$`:                      {`whole hours, such as "168h"`, hoursMeant},
	`^/`:                                  {`a path that begins with /`, nil},
	`^[^@ ]+@[^@ ]+$`:                     {`an address such as "team@example.com"`, nil},
	`^#!`:                                 {`a script that begins with a line such as #!/bin/sh`, nil},
	`^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$`: {`an image's tag, such as "1.4.0"`, nil},
	`^[a-z0-9]+([._/-][a-z0-9]+)*$`:       {`the name of an image below the registry, in lower case, such as "team/notebook"`, nil},
	`^.{10,}$`:                            {`a reason in words, ten letters at least`, nil},
	`^(al2023|bottlerocket)@v[0-9]`:       {`a family of images at a version, such as "al2023@v20260815"`, nil},
	`^fs-[0-9a-f]{8,40}$`:                 {`the id of a file system of EFS, such as "fs-0123456789abcdef0"`, nil},
	`^[0-9*/,A-Za-z-]+( [0-9*/,A-Za-z-]+){4}$`:        {`cron's five fields: minute, hour, day, month, day of the week, such as "0 2 * * 1-5"`, nil},
	`^v[0-9]+\.[0-9]+\.[0-9]+$`:                       {`a version such as "v1.15.0"`, nil},
	`^1\.[0-9]+$`:                                     {`a version of Kubernetes without its last number, such as "1.37"`, nil},
	`^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$`:      {`the name of a package of Python`, nil},
	`^(body|header|extensions)\.[A-Za-z0-9_.\[\]-]+$`: {`a field of the event, such as "body.release.tag_name"`, nil},
	`^[0-9a-f]{40}$`:                                  {`a whole SHA of 40 hexadecimal digits: branches and tags move`, nil},
	`^http://[A-Za-z0-9.-]+:[0-9]+$`:                  {`the address of a proxy with its port, such as "http://proxy.example.com:3128"`, nil},
	`^[A-Za-z_+-]+(/[A-Za-z0-9_+-]+)*$`:               {`a time zone such as "Europe/Berlin"`, nil},
	`^\./\.github/workflows/[A-Za-z0-9._-]+\.ya?ml$`:  {`a workflow of the repository, such as "./.github/workflows/notebooks.yaml"`, nil},
	`^-----BEGIN PUBLIC KEY-----` + "\n":              {`the text of cosign.pub, which begins with -----BEGIN PUBLIC KEY-----`, nil},
	`^[0-9A-Za-z.+:~-]+$`:                             {`the exact version of a package`, nil},
	`^[a-z0-9-]+$`:                                    {`lower-case letters, digits and dashes, such as "eu-central-1"`, nil},
	`^[a-z0-9-]+(/[a-z0-9-]+)?$`:                      {`an environment, or an environment and a phase such as "prod/phase1"`, nil},
	`^[a-z]+/[a-z0-9-]+$`:                             {`the id of a rule, such as "rbac/escalation": tenon rules list`, nil},
	`^[A-Z][A-Za-z0-9]*/.+$`:                          {`an object as Kind/name, such as "Task/train"`, nil},
	`^[0-9*/,-]+( [0-9*/,-]+){4}$`:                    {`cron's five fields: minute, hour, day, month, day of the week, such as "0 8 * * 1-5"`, nil},
	`^[A-Za-z0-9._-]+$`:                               {`letters, digits, dots, dashes and underscores`, nil},
	`^[a-z0-9][a-z0-9-]*$`:                            {`lower-case letters, digits and dashes`, nil},
	`^body\.[A-Za-z0-9_.\[\]-]+$`:                     {`a field of the event's body, such as "body.ref"`, nil},
	`^[A-Za-z0-9_.:@{}-]+$`:                           {`the login of a user`, nil},
	`^/[a-z][a-z0-9-]*$`:                              {`a command that begins with a slash, such as "/retest"`, nil},
	`^1\.(3[6-9]|[4-9][0-9])$`:                        {`"1.36" or later, from which on a cluster hands out devices of a deviceClass for extended resources`, nil},
	`^[a-z]{2}(-[a-z]+)+-[0-9][a-z]?$`:                {`a zone such as "eu-central-1a"`, nil},
	`^[A-Za-z0-9_][A-Za-z0-9_./-]*$`:                  {`a path from the root of the repository, such as "docker/train/Dockerfile"`, nil},
	`^[A-Za-z0-9_.][A-Za-z0-9_./-]*$`:                 {`a folder of the repository, such as "docker/train"`, nil},
	`\.\.`:                                            {`a path without ..`, nil},
	`^[A-Za-z0-9_.-]*$`:                               {`the name of a stage of the Dockerfile`, nil},
	`^(awskms|gcpkms|azurekms|hashivault)://`:         {`a key as cosign names it, such as "awskms:///alias/chains"`, nil},
	`^[1-9][0-9]*[hd]$`:                               {`whole hours or days, such as "36h" or "90d"`, nil},
	`^(https?|s3|gs)://`:                              {`an address that begins with https://, or the name of a bucket that begins with s3:// or gs://`, nil},
	"^[^\n]*$":                                        {`a text of one line`, nil},
	`^body\.`:                                         {`a field of the event's body, such as "body.number"`, nil},
	`(^|[^A-Za-z0-9_.])(header|extensions)[.]`:        {`a condition over body and headers`, nil},
	`^(push|tag|pull_request|comment)$`:               {`push, tag, pull_request or comment`, nil},
	`^cr-[0-9a-z]+$`:                                  {`the id of a reservation, such as "cr-0123456789abcdef0"`, nil},
	`^[0-9]+$`:                                        {`a number as text, such as "12345"`, nil},
	`^[^/ ].*$`:                                       {`a path that does not begin with /`, nil},
	`^[^/ ]`:                                          {`a path that does not begin with /`, nil},
	`^[a-z0-9]+/[a-z0-9]+`:                            {`an operating system and an architecture, such as "linux/amd64"`, nil},
	`^[a-z0-9./-]+$`:                                  {`an apiVersion such as "v1" or "apps/v1"`, nil},
	`^[A-Z][A-Za-z0-9]*$`:                             {`a kind such as "ConfigMap"`, nil},
	`^[^/].*$`:                                        {`a path in the repository that does not begin with /`, nil},
	`^[^/ ].*`:                                        {`a path in the repository that does not begin with /`, nil},
	`^[a-z0-9.-]+(:[0-9]+)?(/[a-z0-9._-]+)+(@sha256:[0-9a-f]{64})?$`: {`an image with its registry and without a tag, such as "ghcr.io/tektoncd/pipeline/entrypoint"`, nil},
	`^[0-9a-f]{4}$`:                        {`the four hexadecimal digits of a PCI device, in lower case, such as "2330"`, nil},
	`^[0-9]+(\.[0-9]+)+$`:                  {`a version such as "580.159.04"`, nil},
	`^[a-z]+$`:                             {`a resource in the plural and in lower case, such as "deployments"`, nil},
	`^[0-9][0-9A-Za-z.+!]*$`:               {`the exact version of a package of Python, such as "2.6.0"`, nil},
	`^[0-9][0-9.]*$`:                       {`a version such as "1.3.0"`, nil},
	`^arn:`:                                {`the ARN of a key, which begins with arn:`, nil},
	`^[0-7]{3}$`:                           {`the permissions of a folder as three octal digits, such as "770"`, nil},
	`^projects/`:                           {`the name of a key of Google's, which begins with projects/`, nil},
	`^[A-Z_][A-Z0-9_]*$`:                   {`the name of a variable of the repository, in capitals, such as "GPU_CI_FALLBACK"`, nil},
	`^[A-Za-z0-9][A-Za-z0-9._/-]*$`:        {`a folder of the repository, such as "tests/input"`, nil},
	`^[A-Za-z0-9][A-Za-z0-9._-]*$`:         {`the name of a file without its ending`, nil},
	`^[A-Za-z0-9._-]+(/[A-Za-z0-9._-]+)*$`: {`a folder of the repository, such as "platforms/gpu"`, nil},
	`^https?://`:                           {`an address that begins with http:// or https://`, nil},
}

// patterns are those of the schema's definitions, with the name of each.
func (s *sources) patterns() map[string]string {
	if s.defined != nil {
		return s.defined
	}
	s.defined = map[string]string{}
	for name, file := range s.byFile {
		if s.layers[name] != schemaLayer {
			continue
		}
		for _, decl := range file.Decls {
			field, ok := decl.(*ast.Field)
			if !ok {
				continue
			}
			label, ok := field.Label.(*ast.Ident)
			if !ok || forms[label.Name].wanted == "" {
				continue
			}
			eachPattern(field.Value, func(text string, _ token.Pos) { s.defined[text] = label.Name })
		}
	}
	return s.defined
}

// eachPattern visits the regular expressions that an expression matches with.
func eachPattern(n ast.Node, visit func(text string, at token.Pos)) {
	ast.Walk(n, func(n ast.Node) bool {
		if match, ok := n.(*ast.UnaryExpr); ok && (match.Op == token.MAT || match.Op == token.NMAT) {
			if lit, ok := match.X.(*ast.BasicLit); ok {
				if text, err := literal.Unquote(lit.Value); err == nil {
					visit(text, lit.Pos())
				}
			}
		}
		return true
	}, nil)
}

var quotedPattern = regexp.MustCompile(`[=!]~("(?:[^"\\]|\\.)*")`)

// wanted is the form that a message of CUE names by its pattern.
func (s *sources) wanted(message string) (form, bool) {
	for _, m := range quotedPattern.FindAllStringSubmatch(message, -1) {
		text, err := literal.Unquote(m[1])
		if err != nil {
			continue
		}
		if f, ok := forms[s.patterns()[text]]; ok {
			return f, true
		}
		if f, ok := others[text]; ok {
			return f, true
		}
	}
	return form{}, false
}

var (
	size     = regexp.MustCompile(`(?i)^\s*([0-9]+(?:\.[0-9]+)?)\s*(k|m|g|t)?i?b?\s*$`)
	cores    = regexp.MustCompile(`(?i)^\s*([0-9]+(?:\.[0-9]+)?)\s*(?:cores?|cpus?|vcpus?)?\s*$`)
	duration = regexp.MustCompile(`(?i)^\s*([0-9]+(?:\.[0-9]+)?)\s*(d|days?|h|hours?|hrs?|m|min|mins?|minutes?|s|sec|secs?|seconds?)?\s*$`)
)

// amount reads a number above 0 that is no larger than people write.
func amount(text string, most float64) (float64, bool) {
	number, err := strconv.ParseFloat(text, 64)
	return number, err == nil && number > 0 && number <= most
}

func memoryMeant(text string) string {
	m := size.FindStringSubmatch(text)
	if m == nil {
		return ""
	}
	number, ok := amount(m[1], 1<<40)
	if !ok {
		return ""
	}
	// Without a unit a number of gibibytes is what people mean by a small one.
	mebibytes := number * map[string]float64{"k": 1.0 / 1024, "m": 1, "g": 1024, "t": 1024 * 1024, "": 1024}[strings.ToLower(m[2])]
	whole := int64(mebibytes)
	if whole < 1 || float64(whole) != mebibytes {
		return ""
	}
	switch {
	case whole%(1024*1024) == 0:
		return fmt.Sprintf("%dTi", whole/1024/1024)
	case whole%1024 == 0:
		return fmt.Sprintf("%dGi", whole/1024)
	}
	return fmt.Sprintf("%dMi", whole)
}

func cpuMeant(text string) string {
	m := cores.FindStringSubmatch(text)
	if m == nil {
		return ""
	}
	number, ok := amount(m[1], 1<<20)
	if !ok {
		return ""
	}
	if number == float64(int64(number)) {
		return fmt.Sprint(int64(number))
	}
	return fmt.Sprintf("%dm", int64(number*1000))
}

func durationMeant(text string) string {
	m := duration.FindStringSubmatch(text)
	if m == nil || m[2] == "" {
		return ""
	}
	number, ok := amount(m[1], 1<<20)
	if !ok {
		return ""
	}
	unit := map[byte]time.Duration{'d': 24 * time.Hour, 'h': time.Hour, 'm': time.Minute, 's': time.Second}[strings.ToLower(m[2])[0]]
	whole := time.Duration(number * float64(unit)).Truncate(time.Second)
	if whole <= 0 {
		return ""
	}
	return brief(whole)
}

// brief writes a duration without parts that are zero.
func brief(d time.Duration) string {
	var b strings.Builder
	for _, part := range []struct {
		unit time.Duration
		name string
	}{{time.Hour, "h"}, {time.Minute, "m"}, {time.Second, "s"}} {
		if n := d / part.unit; n > 0 {
			fmt.Fprintf(&b, "%d%s", n, part.name)
		}
		d %= part.unit
	}
	return b.String()
}

func hoursMeant(text string) string {
	d, err := time.ParseDuration(durationMeant(text))
	if err != nil || d%time.Hour != 0 {
		return ""
	}
	return fmt.Sprintf("%dh", d/time.Hour)
}

var notInNames = regexp.MustCompile(`[^a-z0-9]+`)

func nameMeant(text string) string {
	name := strings.Trim(notInNames.ReplaceAllString(strings.ToLower(text), "-"), "-")
	if len(name) > 63 || len(name) < 3 {
		return ""
	}
	return name
}

var remote = regexp.MustCompile(`^(?:ssh://)?(?:[^@/ ]+@)?([A-Za-z0-9.-]+)(?::[0-9]+)?[:/]([^ ]+?)/?$`)

func repositoryMeant(text string) string {
	if rest, ok := strings.CutPrefix(text, "http://"); ok && !strings.Contains(rest, "@") {
		return "https://" + rest
	}
	if strings.Contains(text, "://") && !strings.HasPrefix(text, "ssh://") {
		return ""
	}
	m := remote.FindStringSubmatch(text)
	if m == nil || !strings.Contains(m[1], ".") {
		return ""
	}
	return "https://" + m[1] + "/" + strings.TrimPrefix(m[2], "/")
}

func networkMeant(text string) string {
	if address, err := netip.ParseAddr(text); err == nil {
		return fmt.Sprintf("%s/%d", address, address.BitLen())
	}
	return ""
}

func registryMeant(text string) string {
	_, after, ok := strings.Cut(text, "://")
	if !ok {
		after = text
	}
	if after = strings.TrimRight(strings.ToLower(after), "/"); after == text || strings.ContainsAny(after, " @") {
		return ""
	}
	return after
}

func hostMeant(text string) string {
	_, after, ok := strings.Cut(text, "://")
	if !ok {
		return ""
	}
	host, _, _ := strings.Cut(after, "/")
	return host
}

func secureMeant(text string) string {
	if rest, ok := strings.CutPrefix(text, "http://"); ok {
		return "https://" + rest
	}
	if !strings.Contains(text, "://") && strings.Contains(text, ".") {
		return "https://" + text
	}
	return ""
}

func pathMeant(text string) string {
	for strings.HasPrefix(text, "/") || strings.HasPrefix(text, "../") {
		text = strings.TrimPrefix(strings.TrimPrefix(text, ".."), "/")
	}
	if !strings.HasSuffix(text, ".ipynb") || strings.Contains(text, "..") {
		return ""
	}
	return text
}
