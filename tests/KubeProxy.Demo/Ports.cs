namespace KubeProxy.Demo;

/// <summary>What the services offer and what the pods listen on.</summary>
internal static class Ports
{
    public const int Http = 80;
    public const int PodHttp = 8080;
    public const int Echo = 7;
    public const int PodEcho = 7007;
}
