# A Kubernetes cluster, through kubectl.

# Run kubectl for the plan's cluster: never the caller's own configuration, never for ever.
kube_ctl() {
  local -a options=(--kubeconfig "$KUBE_CONFIG")
  # options is never empty.
  [[ -z $KUBE_CONTEXT ]] || options+=(--context "$KUBE_CONTEXT")
  [[ $* == *' wait '* ]] || options+=(--request-timeout=60s)
  kubectl "${options[@]}" "$@"
}
