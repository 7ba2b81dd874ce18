"""Our own programs that run inside the cluster, in the images of the systems that they serve.

Each is one file that imports nothing of this project, since a pod gets it from a ConfigMap.
"""
