# The transport into a container of a pod.

# Run a command in the container. Never with -t: a terminal would change the bytes, and cron has none.
kubectl_exec() {
  local context container
  local -a options=(--kubeconfig "$(remote_setting kubeconfig)")
  # options is never empty.
  context="$(remote_setting context)"
  [[ -z $context ]] || options+=(--context "$context")
  options+=(--namespace "$(remote_setting namespace)" exec -i "$(remote_setting pod)")
  container="$(remote_setting container)"
  [[ -z $container ]] || options+=(--container "$container")
  kubectl "${options[@]}" -- "$@"
}

# Where a command runs, for people.
kubectl_label() {
  printf 'the pod %s/%s\n' "$(remote_setting namespace)" "$(remote_setting pod)"
}
