namespace KubeProxy.EndToEnd.Tests.Setup;

public enum Family
{
    Ip4,
    Ip6,
}
