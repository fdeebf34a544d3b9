namespace KubeProxy.Testbed.Packets;

/// <summary>The protocols that have ports and that the stories send.</summary>
public enum Transport
{
    Tcp,
    Udp,
    Sctp,
}
